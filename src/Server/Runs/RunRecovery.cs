using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Limits;
using Apex.Storage.Accounts;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs;

/// <summary>
/// Takes up runs that were accepted and have not ended: at start, after the store was away, and when one that waited is woken. One whose
/// account was disabled meanwhile is taken up only to end.
/// </summary>
internal sealed partial class RunRecovery(
    IFeed feed, IRecords records, IAccountStore accounts, RunQueue queue, TierTable tiers, CoreTurns turns, ILogger<RunRecovery> logger)
{
    /// <summary>Why a run ends whose user may no longer have one. Its user reads it.</summary>
    public const string Disabled = "An administrator disabled the account.";

    public async Task TakeUnfinishedAsync(CancellationToken cancellationToken)
    {
        var taken = 0;
        foreach (var record in (await records.ListUnfinishedRunsAsync(cancellationToken)).OrderBy(record => record.CreatedAt))
        {
            var owner = await accounts.FindUserAsync(record.User, cancellationToken);
            if (record.Waits && owner is not { DisabledAt: not null })
                continue;
            await TakeAsync(record, owner, cancellationToken);
            taken++;
        }

        if (taken > 0)
            LogTaken(taken);
    }

    /// <summary>Takes up one run that nobody holds, unless it has ended or waits.</summary>
    public async Task TakeAsync(UserId user, RunId run, CancellationToken cancellationToken)
    {
        if (await records.FindRunAsync(user, run, cancellationToken) is { EndedAt: null, Waits: false } record)
            await TakeAsync(record, await accounts.FindUserAsync(user, cancellationToken), cancellationToken);
    }

    private async Task TakeAsync(RunRecord record, UserRecord? owner, CancellationToken cancellationToken)
    {
        if (owner is { DisabledAt: not null } && !record.CancelRequested)
            record = await StopAsync(record, cancellationToken);
        // An account that is gone leaves its runs to end with the least of rights.
        var tier = owner?.Tier ?? Tier.Free;
        var run = new HeldRun(record, owner?.OrganisationId ?? "", tier, isRecovered: true, turns) { Role = Roles.HighestOf(owner?.Roles ?? []) };
        foreach (var stop in await records.ListStopsAsync(record.User, record.Id, cancellationToken))
            await run.Control.StopAsync(stop.Target, stop.Reason);
        foreach (var steer in await records.ListSteersAsync(record.User, record.Id, cancellationToken))
            await run.Control.TrySteerAsync(steer.Content, () => ValueTask.FromResult(true), cancellationToken);
        queue.TryAdd(run, tiers.For(tier).RunsAtOnce);
    }

    /// <summary>Whoever disabled the account may have died before this was stored, or have found the store away.</summary>
    private async ValueTask<RunRecord> StopAsync(RunRecord record, CancellationToken cancellationToken)
    {
        await feed.AppendAsync(
            new FeedAppend
            {
                User = record.User,
                Changes = [new RecordChange.RequestStop(record.Id, null, Disabled), new RecordChange.WakeRun(record.Id, Disabled)],
            },
            CancellationToken.None);
        return await records.FindRunAsync(record.User, record.Id, cancellationToken) ?? record;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Took up {Count} runs that had not ended.")]
    private partial void LogTaken(int count);
}
