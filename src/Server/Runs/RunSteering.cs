using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

/// <summary>Adds a user's words to a run at work instead of starting another: stored like any message, and taken in before the next step.</summary>
internal sealed class RunSteering(IFeed feed, TimeProvider clock)
{
    /// <param name="claim">Makes the claim of the message's key for the run.</param>
    /// <returns>Null when the run takes nothing more: the message needs a run of its own.</returns>
    public async ValueTask<SteerOutcome?> TryAsync(
        HeldRun run, MessageId message, string content, string requestId, Func<HeldRun, IdempotencyClaim> claim)
    {
        var view = new MessageView(
            message, run.ThreadId, MessageRole.User, content, clock.GetUtcNow(), RunId: null, new MessageMetadata(SteeredRun: run.Id));
        var outcome = await run.SteerAsync(feed, content, new FeedAppend
        {
            User = run.User,
            Events =
            [
                new MessageCreated(view) { ThreadId = run.ThreadId, Context = new EventContext(run.User, run.ThreadId, null, requestId, null) },
            ],
            Changes =
            [
                new RecordChange.ClaimKey(claim(run)),
                new RecordChange.AddMessage(view),
                new RecordChange.AddSteer(run.Id, message, content),
                // One that has begun to wait goes on with them.
                new RecordChange.WakeRun(run.Id, RecordChange.WakeIfSteered.Cause),
            ],
        });
        return outcome switch
        {
            AppendOutcome.Stored => new SteerOutcome.Taken(run.ThreadId, run.Id, run.Open.LastRunSeq),
            AppendOutcome.KeyTaken taken => new SteerOutcome.KeyTaken(taken.Existing),
            AppendOutcome.IdTaken => new SteerOutcome.Refused(new Refusal(
                ErrorCode.IdempotencyConflict, $"The message id {message} was used before.", Ref: message.Value)),
            _ => null,
        };
    }
}

internal abstract record SteerOutcome
{
    private SteerOutcome()
    {
    }

    /// <param name="RunSeq">The run's last event when the words were stored: they are taken in after it.</param>
    public sealed record Taken(ThreadId Thread, RunId Run, long RunSeq) : SteerOutcome;

    public sealed record KeyTaken(IdempotencyClaim Existing) : SteerOutcome;

    public sealed record Refused(Refusal Why) : SteerOutcome;
}
