using Apex.Protocol.Errors;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

internal abstract record StopOutcome
{
    private StopOutcome()
    {
    }

    /// <summary>The request is stored; the run's terminal event follows.</summary>
    public sealed record Stopping(RunId Run) : StopOutcome;

    public sealed record Refused(Refusal Why) : StopOutcome;
}

/// <summary>Stops a run at its owner's wish, waiting or at work.</summary>
internal sealed class RunStopper(IFeed feed, IRecords records, RunQueue queue)
{
    private const int MaxReasonCharacters = 500;

    public async ValueTask<StopOutcome> StopAsync(Principal principal, RunId run, string? reason, CancellationToken cancellationToken)
    {
        var words = string.IsNullOrWhiteSpace(reason) ? "Stopped by the user." : reason.Trim();
        if (words.Length > MaxReasonCharacters)
            words = words[..MaxReasonCharacters];

        try
        {
            return queue.Find(principal.User, run) is { } held
                ? await StopHeldAsync(held, words)
                : await StopStoredAsync(principal.User, run, words, cancellationToken);
        }
        catch (StorageUnavailableException unavailable)
        {
            return new StopOutcome.Refused(new Refusal(
                ErrorCode.StorageUnavailable, "The request to stop could not be stored; the run stops once the store is back.",
                ErrorSeverity.Critical, (long)unavailable.RetryAfter.TotalMilliseconds, Ref: run.Value));
        }
    }

    private async ValueTask<StopOutcome> StopHeldAsync(HeldRun held, string reason)
    {
        var outcome = await held.StopAsync(feed, reason);
        if (outcome is null)
            return AlreadyEnded(held.Id);
        queue.Expedite(held);
        return new StopOutcome.Stopping(held.Id);
    }

    /// <summary>A run nobody holds just now, for instance because the store was away: whoever takes it up finds the request.</summary>
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
                Run = run,
                RunEpoch = record.Epoch,
                Changes = [new RecordChange.SaveRun(record with { CancelRequested = true, Reason = reason })],
            },
            CancellationToken.None);
        return new StopOutcome.Stopping(run);
    }

    private static StopOutcome.Refused AlreadyEnded(RunId run) =>
        new(new Refusal(ErrorCode.AlreadyEnded, $"The run {run} has already ended.", Ref: run.Value));
}
