using System.Text;
using Apex.Agents.Dependencies;
using Microsoft.Extensions.AI;

namespace Apex.Agents.ChatModels;

/// <summary>
/// One configured model: asks it with patience. A try that fails in a way that may pass is made again after a pause with jitter; a
/// server that keeps failing is left alone by its breaker; a silent one is given up on. Safe for concurrent use.
/// </summary>
internal sealed class ChatModel(ChatModelOptions options, IChatClient client, TimeProvider time)
{
    /// <summary>Far more than any token has, so that only a server that ignores the limit it was given is cut short.</summary>
    private const int MaxCharactersPerToken = 16;


    private readonly CircuitBreaker _breaker = new(time);

    public ChatModelOptions Options => options;

    public string Name => options.Model;

    /// <summary>Told when the model is given up for a while and when it answers again. Set once, before the first question.</summary>
    public Action<ModelCondition>? ConditionChanged { private get; set; }

    /// <param name="begins">Asked before every try; what it throws ends the asking.</param>
    /// <param name="tried">Told of every try that began, also of those that failed.</param>
    /// <exception cref="ModelFaultException">Every try failed, or the model rests.</exception>
    public async Task<ModelTurn> AskAsync(
        ModelQuestion question, IReplyListener listener, Func<CancellationToken, ValueTask> begins, Func<ModelAttempt, ValueTask> tried,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (_breaker.TryEnter() is not { } pass)
                throw new ModelFaultException(ModelFaultKind.Resting);
            await BeginAsync(pass, begins, cancellationToken);
            try
            {
                return await TryAsync(pass, question, listener, tried, attempt, cancellationToken);
            }
            catch (ModelFaultException fault) when (fault.MayPass && attempt < options.MaxAttempts && !(fault.RetryAfter > RetryPause.Longest))
            {
                listener.StartOver();
                await Task.Delay(RetryPause.Of(attempt, options.RetryDelay, fault.RetryAfter), time, cancellationToken);
            }
        }
    }

    private async ValueTask BeginAsync(CircuitBreaker.Pass pass, Func<CancellationToken, ValueTask> begins, CancellationToken cancellationToken)
    {
        try
        {
            await begins(cancellationToken);
        }
        catch
        {
            _breaker.Left(pass);
            throw;
        }
    }

    private async Task<ModelTurn> TryAsync(
        CircuitBreaker.Pass pass, ModelQuestion question, IReplyListener listener, Func<ModelAttempt, ValueTask> tried, int attempt,
        CancellationToken cancellationToken)
    {
        var reply = new Reply(time, options.AnswerTokens * MaxCharactersPerToken);
        ModelFaultException? fault = null;
        try
        {
            await ReadAsync(question, listener, reply, cancellationToken);
            if (_breaker.Succeeded(pass))
                ConditionChanged?.Invoke(new ModelCondition(Name, Rests: false, "", TimeSpan.Zero));
            return reply.ToTurn(question);
        }
        catch (OperationCanceledException)
        {
            _breaker.Left(pass);
            fault = new ModelFaultException(ModelFaultKind.CutOff);
            throw;
        }
        catch (ModelFaultException failed)
        {
            fault = failed;
            if (failed.CountsAgainstServer)
                NoteFailure(pass, failed);
            else
                _breaker.Left(pass);
            throw;
        }
        catch (Exception unexpected)
        {
            // A client of somebody else's may throw what it likes; to the run it is a reply that cannot be read.
            fault = new ModelFaultException(ModelFaultKind.Unreadable, inner: unexpected);
            NoteFailure(pass, fault);
            throw fault;
        }
        finally
        {
            await tried(new ModelAttempt(
                this, attempt, reply.Began, reply.FirstToken, time.GetUtcNow(), reply.TokensFor(question), reply.AnsweredBy, reply.Calls.Count, fault,
                cancellationToken.IsCancellationRequested));
        }
    }

    private void NoteFailure(CircuitBreaker.Pass pass, ModelFaultException fault)
    {
        if (_breaker.Failed(pass))
            ConditionChanged?.Invoke(new ModelCondition(Name, Rests: true, fault.Message, CircuitBreaker.Rest));
    }

    private async Task ReadAsync(ModelQuestion question, IReplyListener listener, Reply reply, CancellationToken cancellationToken)
    {
        var hasBegun = false;
        using var silence = new CancellationTokenSource(options.FirstTokenWithin, time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        var chat = new ChatOptions
        {
            ModelId = options.Model,
            MaxOutputTokens = options.AnswerTokens,
            Temperature = (float?)options.Temperature,
            Tools = [.. question.Tools],
            ToolMode = question.ForceAnswer ? ChatToolMode.None : ChatToolMode.Auto,
        };
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(question.Messages, chat, ends.Token).WithCancellation(ends.Token))
            {
                hasBegun = true;
                silence.CancelAfter(options.SilenceWithin);
                if (reply.Take(update) is { Length: > 0 } text)
                    listener.Heard(text);
            }
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModelFaultException(hasBegun ? ModelFaultKind.FellSilent : ModelFaultKind.TooSlow, inner: late);
        }

        if (reply.IsEmpty)
            throw new ModelFaultException(ModelFaultKind.Unreadable);
    }

    /// <summary>A reply as far as it has come.</summary>
    private sealed class Reply(TimeProvider time, int maxCharacters)
    {
        private readonly StringBuilder _text = new();
        private UsageDetails? _usage;
        private ChatFinishReason? _finish;

        public DateTimeOffset Began { get; } = time.GetUtcNow();

        public DateTimeOffset? FirstToken { get; private set; }

        public string? AnsweredBy { get; private set; }

        public List<FunctionCallContent> Calls { get; } = [];

        public bool IsEmpty => Calls.Count == 0 && string.IsNullOrWhiteSpace(_text.ToString());

        /// <returns>The new words, if any.</returns>
        public string? Take(ChatResponseUpdate update)
        {
            FirstToken ??= time.GetUtcNow();
            AnsweredBy = update.ModelId ?? AnsweredBy;
            _finish = update.FinishReason ?? _finish;
            foreach (var content in update.Contents)
                if (content is FunctionCallContent call)
                    Calls.Add(call);
                else if (content is UsageContent used)
                    _usage = used.Details;
            var text = update.Text;
            _text.Append(text);
            return _text.Length <= maxCharacters ? text : throw new ModelFaultException(ModelFaultKind.Unreadable);
        }

        public ModelTurn ToTurn(ModelQuestion question) =>
            new(_text.ToString(), Calls, TokensFor(question), AnsweredBy, _finish == ChatFinishReason.Length);

        public ModelTokens TokensFor(ModelQuestion question)
        {
            if (_usage is not { InputTokenCount: { } input } used)
                return FirstToken is null
                    ? new ModelTokens(0, 0, 0, 0, 0, IsEstimated: true)
                    : new ModelTokens(
                        question.Messages.Sum(TokenEstimate.Of) + question.Tools.Sum(TokenEstimate.Of), 0, 0,
                        TokenEstimate.Of(_text.ToString()), 0, IsEstimated: true);
            // A server's figures are foreign input: no bucket may come out negative.
            var read = Math.Clamp(used.CachedInputTokenCount ?? 0, 0, Math.Max(0, input));
            var written = Math.Clamp(used.AdditionalCounts?.GetValueOrDefault(AnthropicChatClient.CacheWriteTokens) ?? 0, 0, Math.Max(0, input - read));
            var output = Math.Max(0, used.OutputTokenCount ?? 0);
            var reasoning = Math.Clamp(used.ReasoningTokenCount ?? 0, 0, output);
            return new ModelTokens(Math.Max(0, input) - read - written, read, written, output - reasoning, reasoning, IsEstimated: false);
        }
    }
}

/// <summary>One try at a model, as the usage log wants to know of it.</summary>
/// <param name="Fault">Null when it succeeded.</param>
internal sealed record ModelAttempt(
    ChatModel Model,
    int Attempt,
    DateTimeOffset Began,
    DateTimeOffset? FirstToken,
    DateTimeOffset Ended,
    ModelTokens Tokens,
    string? AnsweredBy,
    int ToolCalls,
    ModelFaultException? Fault,
    bool WasCancelled);
