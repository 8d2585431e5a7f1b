using Apex.Protocol.Errors;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Runs.Waiting;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

internal abstract record StopOutcome
{
    private StopOutcome()
    {
    }

    /// <summary>The request is stored; the end of what was stopped follows.</summary>
    /// <param name="Part">Null when the whole run stops.</param>
    public sealed record Stopping(RunId Run, string? Part = null) : StopOutcome;

    public sealed record Refused(Refusal Why) : StopOutcome;
}

/// <summary>Stops a run at its owner's wish, waiting or at work, or one sub-agent or tool call of it while the rest goes on.</summary>
internal sealed class RunStopper(IFeed feed, IRecords records, RunQueue queue, RunWaker waker, StoredRuns history)
{
    private const int MaxReasonCharacters = 500;
    private const int MostAsked = 100;

    public async ValueTask<StopOutcome> StopAsync(UserId user, RunId run, string? reason, CancellationToken cancellationToken)
    {
        var words = Words(reason);
        try
        {
            return queue.Find(user, run) is { } held
                ? await StopHeldAsync(held, words, cancellationToken)
                : await StopStoredAsync(user, run, words, cancellationToken);
        }
        catch (StorageUnavailableException unavailable)
        {
            return NotStored(unavailable, run.Value);
        }
    }

    /// <param name="run">Null: the user's run in which the part is at work.</param>
    /// <param name="part">Invocation of a sub-agent or id of a tool call.</param>
    public async ValueTask<StopOutcome> StopPartAsync(
        Principal principal, RunId? run, string part, string? reason, CancellationToken cancellationToken)
    {
        var held = run is { } named ? queue.Find(principal.User, named) : queue.FindAtWork(principal.User, part);
        if (held is null)
            return await StopWaitingPartAsync(principal, run, part, reason, cancellationToken);
        if (held.Open.IsSupervisor(part))
            return await StopAsync(principal.User, held.Id, reason, cancellationToken);
        if (!held.Open.IsOpen(part))
            return NotAtWork(held.Id, part);

        try
        {
            if (await held.StopPartAsync(feed, part, Words(reason)) is not { } outcome)
                return AlreadyEnded(held.Id);
            if (outcome is not AppendOutcome.Stored && queue.Find(principal.User, held.Id) is null)
                return await StopWaitingPartAsync(principal, held.Id, part, reason, cancellationToken);
            if (queue.Find(principal.User, held.Id) is { } other && other != held)
                await other.StopPartAsync(feed, part, Words(reason));
            await HearAsync(held);
            return new StopOutcome.Stopping(held.Id, part);
        }
        catch (StorageUnavailableException unavailable)
        {
            return NotStored(unavailable, part);
        }
    }

    /// <summary>Of a run that waits, which nobody holds: it is woken to end the part.</summary>
    private async ValueTask<StopOutcome> StopWaitingPartAsync(
        Principal principal, RunId? named, string part, string? reason, CancellationToken cancellationToken)
    {
        var user = principal.User;
        var run = named ?? (await records.ListApprovalsAsync(user, null, pendingOnly: true, MostAsked, cancellationToken))
            .FirstOrDefault(asked => asked.ToolCallId == part)?.RunId;
        var record = run is { } id ? await records.FindRunAsync(user, id, cancellationToken) : null;
        if (record is { EndedAt: not null })
            return AlreadyEnded(record.Id);
        if (record is not { Waits: true })
            return new StopOutcome.Refused(new Refusal(ErrorCode.NotFound, $"No sub-agent or tool call {part} is at work.", Ref: part));

        var open = await history.ReadOpenWorkAsync(user, record.Id, cancellationToken);
        if (open.IsSupervisor(part))
            return await StopAsync(principal.User, record.Id, reason, cancellationToken);
        if (!open.IsOpen(part))
            return NotAtWork(record.Id, part);
        await feed.AppendAsync(
            new FeedAppend
            {
                User = user, Changes = [new RecordChange.RequestStop(record.Id, part, Words(reason)), new RecordChange.WakeRun(record.Id, Words(reason))],
            },
            CancellationToken.None);
        await waker.TakeUpAsync(user, record.Id, CancellationToken.None);
        return new StopOutcome.Stopping(record.Id, part);
    }

    private static StopOutcome.Refused NotAtWork(RunId run, string part) => new(new Refusal(
        ErrorCode.AlreadyEnded, $"{part} is not at work in the run {run}: it has ended or never began.", Ref: part));

    private static string Words(string? reason)
    {
        var words = string.IsNullOrWhiteSpace(reason) ? "Stopped by the user." : reason.Trim();
        return words.Length > MaxReasonCharacters ? words[..MaxReasonCharacters] : words;
    }

    private static StopOutcome.Refused NotStored(StorageUnavailableException unavailable, string asked) => new(new Refusal(
        ErrorCode.StorageUnavailable, "The request to stop could not be stored; it takes effect here, but would not survive a restart.",
        ErrorSeverity.Critical, (long)unavailable.RetryAfter.TotalMilliseconds, Ref: asked));

    private async ValueTask<StopOutcome> StopHeldAsync(HeldRun held, string reason, CancellationToken cancellationToken)
    {
        if (await held.StopAsync(feed, reason) is not { } outcome)
            return AlreadyEnded(held.Id);
        queue.Expedite(held);
        if (outcome is not AppendOutcome.Stored && queue.Find(held.User, held.Id) is null)
            return await StopStoredAsync(held.User, held.Id, reason, cancellationToken);
        if (queue.Find(held.User, held.Id) is { } other && other != held)
            return await StopHeldAsync(other, reason, cancellationToken);
        await HearAsync(held);
        return new StopOutcome.Stopping(held.Id);
    }

    /// <summary>
    /// A run that began to wait just now was let go of before the wish was stored, and looked for what came before that: somebody must
    /// take it up to hear of it. Does nothing while it is held, or when it has ended.
    /// </summary>
    private async ValueTask HearAsync(HeldRun held)
    {
        if (queue.Find(held.User, held.Id) is null)
            await waker.TakeUpAsync(held.User, held.Id, CancellationToken.None);
    }

    /// <summary>A run nobody holds just now: it waits, or the store was away. Whoever takes it up finds the request.</summary>
    private async ValueTask<StopOutcome> StopStoredAsync(
        UserId user, RunId run, string reason, CancellationToken cancellationToken)
    {
        if (await records.FindRunAsync(user, run, cancellationToken) is not { } record)
            return new StopOutcome.Refused(new Refusal(ErrorCode.NotFound, $"There is no run {run}.", Ref: run.Value));
        if (record.EndedAt is not null)
            return AlreadyEnded(run);

        await feed.AppendAsync(
            new FeedAppend
            {
                User = user,
                // One that waits is woken to hear of it.
                Changes = [new RecordChange.RequestStop(run, null, reason), new RecordChange.WakeRun(run, reason)],
            },
            CancellationToken.None);
        // Whether it waited or not: the wish may have been stored before, with the message that interrupts it.
        await waker.TakeUpAsync(user, run, CancellationToken.None);
        return new StopOutcome.Stopping(run);
    }

    private static StopOutcome.Refused AlreadyEnded(RunId run) =>
        new(new Refusal(ErrorCode.AlreadyEnded, $"The run {run} has already ended.", Ref: run.Value));
}
