using System.Globalization;
using Apex.Agents.Execution;
using Apex.Agents.Tools;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;
using Microsoft.Extensions.Logging;

namespace Apex.Agents.ChatModels;

/// <summary>
/// Writes each call of a model by our own agents into the organisation's usage log, priced by its price book, under the source
/// <see cref="Source"/>. What we cost is spend like any other.
/// </summary>
internal sealed partial class OwnCalls(IUsageLog log, IPriceBooks prices, TimeProvider time, ILogger<OwnCalls> logger)
{
    public const string Source = CountedRows.OwnSource;

    /// <summary>
    /// The most that a call can use: no token is shorter than a byte, and a call reads no more than the model's window and writes no more
    /// than it is allowed.
    /// </summary>
    /// <returns>Usd is null when no price is known for the model.</returns>
    public async ValueTask<(long Tokens, decimal? Usd)> MostAsync(
        RunContext run, ChatModel model, ModelQuestion question, CancellationToken cancellationToken)
    {
        var input = Math.Min(model.Options.ContextTokens, question.Messages.Sum(TokenEstimate.Most) + question.Tools.Sum(TokenEstimate.Most));
        var output = (long)model.Options.AnswerTokens;
        var book = await prices.GetAsync(run.OrganisationId, cancellationToken);
        // Where a provider charges more for what it writes to its cache, all of it may be that.
        decimal? usd = null;
        foreach (var tokens in (ModelTokens[])[new(input, 0, 0, output, 0, true), new(0, 0, input, output, 0, true)])
        {
            var now = DateTimeOffset.UnixEpoch;
            var attempt = new ModelAttempt(model, 1, time.GetUtcNow(), now, now, tokens, null, 0, null, WasCancelled: false);
            if (Row(new TenantId(run.OrganisationId), run, attempt).PricedBy(book).CostEffective is { } cost)
                usd = Math.Max(usd ?? 0, cost.Dollars);
        }

        return (input + output, usd);
    }

    /// <returns>What the call cost, whether the log could take it or not; null when no price is known for the model.</returns>
    public async ValueTask<NanoDollars?> RecordAsync(RunContext run, ModelAttempt attempt)
    {
        var tenant = new TenantId(run.OrganisationId);
        NanoDollars? cost = null;
        try
        {
            // Not cancelled with the run: the money is spent either way.
            var book = await prices.GetAsync(run.OrganisationId, CancellationToken.None);
            var call = Row(tenant, run, attempt).PricedBy(book);
            cost = call.CostEffective;
            await log.AppendAsync(tenant, [call], CancellationToken.None);
        }
        catch (Exception fault)
        {
            // An answer is worth more than its own bookkeeping; the operator is told what is missing.
            LogNotRecorded(fault, attempt.Model.Name, run.Run.Value);
        }

        return cost;
    }

    private static UsageEvent Row(TenantId tenant, RunContext run, ModelAttempt attempt)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{run.Run.Value}:{Guid.CreateVersion7():N}");
        var (tokens, options) = (attempt.Tokens, attempt.Model.Options);
        return new UsageEvent
        {
            EventId = UsageEventKey.EventId(tenant, Source, id),
            Source = Source,
            SourceId = id,
            StartedAt = attempt.Began,
            FirstTokenAt = attempt.FirstToken,
            EndedAt = attempt.Ended,
            Provider = options.Provider == ChatModelProvider.Anthropic ? "anthropic" : options.Address.Host == "api.openai.com" ? "openai" : null,
            RequestModel = options.Model,
            ResponseModel = attempt.AnsweredBy,
            InUncached = tokens.Input,
            InCacheRead = tokens.CacheRead,
            InCacheWrite5m = tokens.CacheWrite,
            OutVisible = tokens.Output,
            OutReasoning = tokens.Reasoning,
            MaxOutputRequested = options.AnswerTokens,
            Temperature = options.Temperature,
            Stream = true,
            Status = attempt switch
            {
                { Fault: null } => CallStatus.Success,
                { WasCancelled: true } => CallStatus.Cancelled,
                { Fault.Kind: ModelFaultKind.TooSlow or ModelFaultKind.FellSilent } => CallStatus.Timeout,
                _ => CallStatus.Error,
            },
            HttpStatus = attempt.Fault?.HttpStatus,
            ErrorType = attempt is { Fault: { } fault, WasCancelled: false } ? fault.Kind.ToString() : null,
            Attempt = attempt.Attempt,
            UserId = run.User.Value,
            Feature = "answer",
            ConversationId = run.Thread.Value,
            TraceId = run.RequestId,
            ToolCallCount = attempt.ToolCalls,
            AssumedFields = tokens.IsEstimated ? ["in_uncached", "out_visible"] : [],
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A call of {Model} by run {Run} is missing from the usage log.")]
    private partial void LogNotRecorded(Exception exception, string model, string run);
}
