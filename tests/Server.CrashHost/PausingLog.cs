using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Server.CrashHost;

/// <summary>The real usage log; after so many batches of imports it says so and stores no more, until this process is killed.</summary>
internal sealed class PausingLog(IUsageLog real, int batches) : IUsageLog
{
    private int _stored;

    public Task<int> AppendAsync(TenantId tenant, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken) =>
        real.AppendAsync(tenant, events, cancellationToken);

    public async Task<int> AppendAsync(
        TenantId tenant, IReadOnlyList<UsageEvent> events, ImportMark before, CancellationToken cancellationToken)
    {
        if (_stored == batches)
        {
            Console.WriteLine("stopped import");
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        }

        _stored++;
        return await real.AppendAsync(tenant, events, before, cancellationToken);
    }

    public Task<ImportMark?> FindMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken) =>
        real.FindMarkAsync(tenant, importId, cancellationToken);

    public Task ForgetMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken) =>
        real.ForgetMarkAsync(tenant, importId, cancellationToken);

    public Task<UsageTable> QueryAsync(UsageQuery query, CancellationToken cancellationToken) => real.QueryAsync(query, cancellationToken);

    public IAsyncEnumerable<UsageRow> ReadGroupsAsync(UsageQuery query, CancellationToken cancellationToken) =>
        real.ReadGroupsAsync(query, cancellationToken);

    public IAsyncEnumerable<IReadOnlyList<UsageEvent>> ReadBatchesAsync(UsageScan scan, CancellationToken cancellationToken) =>
        real.ReadBatchesAsync(scan, cancellationToken);

    public Task<IReadOnlyList<UsageEvent>> FindAsync(TenantId tenant, IReadOnlyList<string> eventIds, CancellationToken cancellationToken) =>
        real.FindAsync(tenant, eventIds, cancellationToken);

    public Task<UsageExtent?> GetExtentAsync(TenantId tenant, CancellationToken cancellationToken) => real.GetExtentAsync(tenant, cancellationToken);

    public Task<long> RepriceAsync(TenantId tenant, PriceBook prices, CancellationToken cancellationToken) =>
        real.RepriceAsync(tenant, prices, cancellationToken);
}
