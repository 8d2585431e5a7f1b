using System.Runtime.CompilerServices;
using Apex.Agents.Execution;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Agents.Tools;

/// <summary>
/// The usage log as a run reads it: before each query, and between the pieces of a scan, the run gives way to others whose turn it is.
/// So a long analysis holds nobody up for longer than one query.
/// </summary>
internal sealed class UsageLogInTurn(IUsageLog log, CoreStrand strand) : IUsageLog
{
    /// <summary>Groups between two looks at who waits; a few milliseconds of work, as a batch of rows is.</summary>
    private const int GroupsAtATime = 2_048;

    public Task<int> AppendAsync(TenantId tenant, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken) =>
        log.AppendAsync(tenant, events, cancellationToken);

    public Task<int> AppendAsync(
        TenantId tenant, IReadOnlyList<UsageEvent> events, ImportMark before, CancellationToken cancellationToken) =>
        log.AppendAsync(tenant, events, before, cancellationToken);

    public Task<ImportMark?> FindMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken) =>
        log.FindMarkAsync(tenant, importId, cancellationToken);

    public Task ForgetMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken) =>
        log.ForgetMarkAsync(tenant, importId, cancellationToken);

    public async Task<UsageTable> QueryAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        await strand.GiveWayAsync(cancellationToken);
        return await log.QueryAsync(query, cancellationToken);
    }

    public IAsyncEnumerable<UsageRow> ReadGroupsAsync(UsageQuery query, CancellationToken cancellationToken) =>
        InTurnAsync(log.ReadGroupsAsync(query, cancellationToken), GroupsAtATime, cancellationToken);

    public IAsyncEnumerable<IReadOnlyList<UsageEvent>> ReadBatchesAsync(UsageScan scan, CancellationToken cancellationToken) =>
        InTurnAsync(log.ReadBatchesAsync(scan, cancellationToken), atATime: 1, cancellationToken);

    public async Task<IReadOnlyList<UsageEvent>> FindAsync(
        TenantId tenant, IReadOnlyList<string> eventIds, CancellationToken cancellationToken)
    {
        await strand.GiveWayAsync(cancellationToken);
        return await log.FindAsync(tenant, eventIds, cancellationToken);
    }

    public async Task<UsageExtent?> GetExtentAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await strand.GiveWayAsync(cancellationToken);
        return await log.GetExtentAsync(tenant, cancellationToken);
    }

    public Task<long> RepriceAsync(TenantId tenant, PriceBook prices, CancellationToken cancellationToken) =>
        log.RepriceAsync(tenant, prices, cancellationToken);

    private async IAsyncEnumerable<T> InTurnAsync<T>(
        IAsyncEnumerable<T> rows, int atATime, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await strand.GiveWayAsync(cancellationToken);
        var read = 0;
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            if (++read % atATime == 0)
                await strand.GiveWayAsync(cancellationToken);
            yield return row;
        }
    }
}
