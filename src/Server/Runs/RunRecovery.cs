using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Storage.Accounts;
using Apex.Storage.Records;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs;

/// <summary>Takes up runs that were accepted and have not ended: at start, after the store was away, and when one that waited is woken.</summary>
internal sealed partial class RunRecovery(
    IRecords records, IAccountStore accounts, RunQueue queue, TierTable tiers, CoreTurns turns, ILogger<RunRecovery> logger)
{
    public async Task TakeUnfinishedAsync(CancellationToken cancellationToken)
    {
        var unfinished = (await records.ListUnfinishedRunsAsync(cancellationToken)).Where(record => !record.Waits).ToList();
        foreach (var record in unfinished.OrderBy(record => record.CreatedAt))
            await TakeAsync(record, cancellationToken);
        if (unfinished.Count > 0)
            LogTaken(unfinished.Count);
    }

    /// <summary>Takes up one run that nobody holds, unless it has ended or waits.</summary>
    public async Task TakeAsync(UserId user, RunId run, CancellationToken cancellationToken)
    {
        if (await records.FindRunAsync(user, run, cancellationToken) is { EndedAt: null, Waits: false } record)
            await TakeAsync(record, cancellationToken);
    }

    private async Task TakeAsync(RunRecord record, CancellationToken cancellationToken)
    {
        // An account that is gone leaves its runs to end with the least of rights.
        var owner = await accounts.FindUserAsync(record.User, cancellationToken);
        var tier = owner?.Tier ?? Tier.Free;
        var run = new HeldRun(record, owner?.OrganisationId ?? "", tier, isRecovered: true, turns);
        foreach (var stop in await records.ListStopsAsync(record.User, record.Id, cancellationToken))
            await run.Control.StopAsync(stop.Target, stop.Reason);
        foreach (var steer in await records.ListSteersAsync(record.User, record.Id, cancellationToken))
            await run.Control.TrySteerAsync(steer.Content, () => ValueTask.FromResult(true), cancellationToken);
        queue.TryAdd(run, tiers.For(tier).RunsAtOnce);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Took up {Count} runs that had not ended.")]
    private partial void LogTaken(int count);
}
