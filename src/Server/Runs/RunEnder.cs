using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs;

/// <summary>Ends a run that could not end with an answer: closes what is open and says the one terminal event.</summary>
internal sealed partial class RunEnder(HeldRun run, RunEmitter emitter, TimeProvider clock, ILogger logger)
{
    public ValueTask CancelledAsync() =>
        EndAsync(RunState.Cancelled, run.StopReason, [], new RunCancelled(run.StopReason));

    public ValueTask FailedAsync(ErrorCode code, string reason) =>
        EndAsync(RunState.Failed, reason, [], new RunFailed(reason, JsonNamingPolicy.SnakeCaseLower.ConvertName(code.ToString())));

    /// <summary>For faults nobody foresaw: users get a code to quote, the log gets the rest.</summary>
    public ValueTask BrokenAsync(Exception fault)
    {
        var supportCode = Guid.CreateVersion7().ToString("N")[^12..];
        LogBroken(fault, run.Id.Value, supportCode);
        var reason = $"The run failed for a reason inside the server. Quote the code {supportCode} when you ask for help.";
        var error = new AgentError(
            "internal", "The run failed inside the server.", reason, ErrorSeverity.Critical, IsRecoverable: true,
            ["Ask again.", "Ask a simpler question.", "Tell the administrator the support code."], EstimatedRetryDelayMs: 1_000, supportCode)
        {
            AgentName = "Supervisor",
        };
        return EndAsync(
            RunState.Failed, reason, [error],
            new RunFailed(reason, JsonNamingPolicy.SnakeCaseLower.ConvertName(nameof(ErrorCode.InternalError))));
    }

    private async ValueTask EndAsync(RunState state, string reason, IReadOnlyList<ApexEvent> errors, ApexEvent terminal)
    {
        var now = clock.GetUtcNow();
        RunRecord Ended(RunRecord record) => record with { State = state, EndedAt = now, Reason = reason };
        var left = UnfinishedAnswer.Of(run, state, reason, emitter.Draft, now);
        RecordChange[] changes = left is null ? [] : [new RecordChange.AddMessage(left)];
        ApexEvent[] created = left is null ? [] : [new MessageCreated(left)];
        try
        {
            await emitter.SayAsync([.. emitter.Open.Close(reason, now), .. errors, .. created, terminal], changes, Ended);
        }
        catch (IllegalEventOrderException illegal)
        {
            // The terminal event alone is legal after anything but another one.
            LogIllegalEnd(illegal, run.Id.Value);
            await emitter.SayAsync([.. created, terminal], changes, Ended);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {RunId} failed (support code {SupportCode}).")]
    private partial void LogBroken(Exception exception, string runId, string supportCode);

    [LoggerMessage(Level = LogLevel.Critical, Message = "What run {RunId} had open could not be closed in order.")]
    private partial void LogIllegalEnd(Exception exception, string runId);
}
