using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Apex.Agents.Approvals;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;

namespace Apex.Agents.Execution;

/// <summary>
/// The hands of one sub-agent in one step: its thoughts and tool calls, as events under its name. Closed when the step ends, so that
/// a sub-agent that was given up on can say nothing afterwards.
/// </summary>
internal sealed class SubagentWork(
    RunContext context, RunStream stream, ToolDispatcher dispatcher, UserAsking asking, RunIds ids, RunProgress progress, Actor actor, int step,
    IReadOnlyList<ToolCallResult> earlier,
    CancellationToken stepToken, CancellationToken runToken) : ISubagentWork
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, Task<ToolCallResult>> _calls = [];
    private readonly List<Task> _thoughts = [];
    private readonly List<RunPause> _waits = [];
    private readonly ConcurrentDictionary<string, ToolCallResult> _made = new(StringComparer.Ordinal);
    private int _asked;
    private int _running;
    private bool _closed;
    private bool _isPaused;
    private bool _isLeft;
    private TaskCompletionSource _quiet = NewSignal();
    private ExceptionDispatchInfo? _broken;

    public string InvocationId => actor.InvocationId;

    /// <summary>How long the sub-agent has neither spoken nor had a tool at work.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (_gate)
                return _running > 0 || _waits.Count > 0 ? TimeSpan.Zero : stream.Silence;
        }
    }

    /// <summary>Completes when all that is under way waits for the user.</summary>
    public Task Quiet
    {
        get
        {
            lock (_gate)
                return _quiet.Task;
        }
    }

    /// <summary>The calls that were made, in the order asked. Only after <see cref="CloseAsync"/>.</summary>
    public IReadOnlyList<ToolCallResult> Finished { get; private set; } = [];

    public async ValueTask ThinkAsync(string thought, string currentOperation, CancellationToken cancellationToken)
    {
        var said = NewSignal();
        lock (_gate)
        {
            ThrowIfClosed_NeedsLock();
            _thoughts.Add(said.Task);
        }

        try
        {
            await stream.SayAsync(progress.Think(thought, currentOperation), actor, runToken);
        }
        finally
        {
            said.SetResult();
        }
    }

    public Task<ToolCallResult> CallToolAsync(string toolName, JsonElement arguments, CancellationToken cancellationToken)
    {
        // Known before it begins: who closes this must find it, however soon its first event is answered by the wish to stop.
        var ended = new TaskCompletionSource<ToolCallResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        int ordinal;
        lock (_gate)
        {
            ThrowIfClosed_NeedsLock();
            ordinal = ++_asked;
            _running++;
            _calls[ordinal] = ended.Task;
        }

        var key = new ToolCallKey(context.Run, step, ordinal, IdOf(ordinal, toolName, arguments), toolName, CanonicalJson.Hash(arguments));
        _ = CallAsync(new ToolCall(context, key, arguments, actor, ResultOf, WaitForUserAsync) { IsLeft = () => IsLeft, Tell = TellAsync }, ended, cancellationToken);
        return ended.Task;
    }

    public async Task<IReadOnlyList<ToolCallResult>> CallToolsAsync(
        IReadOnlyList<(string ToolName, JsonElement Arguments)> calls, CancellationToken cancellationToken) =>
        await Task.WhenAll([.. calls.Select(call => CallToolAsync(call.ToolName, call.Arguments, cancellationToken))]);

    public async Task<T> AwaitAsync<T>(Func<CancellationToken, Task<T>> outside, CancellationToken cancellationToken)
    {
        stepToken.ThrowIfCancellationRequested();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stepToken, cancellationToken);
        context.Control.Main.StepAside();
        Begin();
        try
        {
            return await outside(ends.Token);
        }
        finally
        {
            End();
        }
    }

    public async Task<QuestionAnswer> AskAsync(Question question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        if (question.Fault() is { } fault)
            throw new ArgumentException(fault, nameof(question));
        var ended = NewSignal();
        int ordinal;
        lock (_gate)
        {
            ThrowIfClosed_NeedsLock();
            ordinal = ++_asked;
            _running++;
            _thoughts.Add(ended.Task);
        }

        try
        {
            return await AskAsync(question, ordinal, cancellationToken);
        }
        finally
        {
            End();
            ended.SetResult();
        }
    }

    public bool ShowDraft(string words, int offset) =>
        !stepToken.IsCancellationRequested && stream.Hint(new TextDelta(context.Run, ids.Reply, words, offset), mergeKey: null);

    /// <summary>The sub-agent has ended, and with it its waiting for what it asked.</summary>
    public void Leave()
    {
        lock (_gate)
            _isLeft = true;
    }

    /// <summary>Takes nothing more when all that is under way waits for the user.</summary>
    /// <returns>What it waits for; null when something is at work again, or the sub-agent has ended.</returns>
    public RunPause? TryPause()
    {
        lock (_gate)
        {
            if (_isLeft)
                return null;
            if (_running > 0 || _waits.Count == 0)
            {
                _quiet = NewSignal();
                return null;
            }

            _closed = _isPaused = true;
            return RunPause.All(_waits);
        }
    }

    /// <summary>Takes nothing more and waits until every call has said its end, which it does at once when the step is over.</summary>
    /// <param name="end">Ends the step: called when only the user is still waited for. A sub-agent that is done can do without him.</param>
    public async Task CloseAsync(Func<Task> end)
    {
        var settled = SettleAsync();
        if (await Task.WhenAny(settled, Quiet) != settled)
            await end();
        await settled;
        _broken?.Throw();
        runToken.ThrowIfCancellationRequested();
        Finished = await InOrder();
    }

    /// <summary>Takes nothing more and waits until nothing is under way, however each call ended.</summary>
    public async Task SettleAsync()
    {
        Task[] underWay;
        lock (_gate)
        {
            _closed = true;
            underWay = [.. _calls.Values, .. _thoughts];
        }

        await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task<ToolCallResult[]> InOrder()
    {
        lock (_gate)
            return Task.WhenAll(_calls.Values);
    }

    private void ThrowIfClosed_NeedsLock()
    {
        stepToken.ThrowIfCancellationRequested();
        if (_closed)
            throw new OperationCanceledException("The step of this sub-agent is over.");
    }

    /// <summary>Of a call at work: the sub-agent itself may have ended its step by then, but not the call.</summary>
    private ValueTask TellAsync(string words) => stream.SayAsync(progress.Think(words, "waiting to try again"), actor, runToken);

    private bool IsLeft
    {
        get
        {
            lock (_gate)
                return _isLeft;
        }
    }

    private JsonElement? ResultOf(string toolCallId)
    {
        if (_made.TryGetValue(toolCallId, out var here))
            return here.Result;
        foreach (var made in earlier)
            if (made.ToolCallId == toolCallId)
                return made.Result;
        return null;
    }

    /// <summary>
    /// A run that waited comes to the same calls again, which go on under their ids. A sub-agent that a model drives may ask otherwise: that
    /// is another call.
    /// </summary>
    private string IdOf(int ordinal, string toolName, JsonElement arguments)
    {
        var id = ids.ToolCall(step, ordinal);
        if (!context.Begun.TryGetValue(id, out var begun))
            return id;
        var shown = RunContext.Fingerprint(toolName, EventCleaner.Clean(arguments));
        return begun == shown
            ? id
            : context.Begun.FirstOrDefault(other => other.Value == shown && other.Key.StartsWith(id + "_r", StringComparison.Ordinal)).Key
                ?? string.Create(CultureInfo.InvariantCulture, $"{id}_r{context.Resumes}");
    }

    private async Task<QuestionAnswer> AskAsync(Question question, int ordinal, CancellationToken cancellationToken)
    {
        var hash = CanonicalJson.Hash(question.Schema);
        var asked = new ApprovalRequested(
            ids.Approval(step, ordinal, hash), ApprovalKind.Question, question.Text, hash, default, Schema: question.Schema);
        var decision = await asking.AskAsync(
            asked, question.Schema, actor, (pause, decided) => WaitForUserAsync(pause, decided, cancellationToken), runToken);
        return decision switch
        {
            { Decision: Decision.Answer, Arguments: { } answer } => new QuestionAnswer(answer),
            { Decision: Decision.Expired } => new QuestionAnswer(null, "Nobody answered in time."),
            { } declined => new QuestionAnswer(null, declined.Reason is { } why ? $"The user did not answer: {why}" : "The user did not answer."),
            null => new QuestionAnswer(null, "There was no time left to wait for an answer."),
        };
    }

    private async Task<bool> WaitForUserAsync(RunPause pause, Task decided, CancellationToken stop)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stepToken, runToken, stop);
        lock (_gate)
        {
            _waits.Add(pause);
            _running--;
            SignalIfQuiet_NeedsLock();
        }

        try
        {
            await decided.WaitAsync(ends.Token);
            return true;
        }
        catch (OperationCanceledException) when (!runToken.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            GoOn(pause);
        }
    }

    /// <exception cref="OperationCanceledException">The run is let go: whatever came meanwhile is found when it is begun again.</exception>
    private void GoOn(RunPause pause)
    {
        lock (_gate)
        {
            _waits.Remove(pause);
            _running++;
            if (_isPaused)
                throw new OperationCanceledException("The run waits for its user.");
        }
    }

    private void Begin()
    {
        lock (_gate)
            _running++;
    }

    private void End()
    {
        lock (_gate)
        {
            _running--;
            SignalIfQuiet_NeedsLock();
        }
    }

    private void SignalIfQuiet_NeedsLock()
    {
        if (_running == 0 && _waits.Count > 0)
            _quiet.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task CallAsync(ToolCall call, TaskCompletionSource<ToolCallResult> ended, CancellationToken cancellationToken)
    {
        try
        {
            using var asked = CancellationTokenSource.CreateLinkedTokenSource(stepToken, cancellationToken);
            var result = await dispatcher.CallAsync(call, asked.Token, runToken);
            _made[call.Key.ToolCallId] = result;
            End();
            ended.SetResult(result);
        }
        catch (OperationCanceledException cancelled)
        {
            End();
            ended.SetCanceled(cancelled.CancellationToken);
        }
        catch (Exception fault)
        {
            // The ledger or the stream failed: that is the run's affair, not the sub-agent's, which may not swallow it.
            Interlocked.CompareExchange(ref _broken, ExceptionDispatchInfo.Capture(fault), null);
            End();
            ended.SetException(fault);
        }
    }
}
