using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Server.UsageLog;

/// <summary>
/// The usage log of this server's data folder. Opening a file is work that can fail, so it is done in the start-up and not where the
/// log is first asked for; this stands for the log from before it is open.
/// </summary>
internal sealed class EmbeddedUsageLog(ApexServerOptions options, LogGrowth growth, TimeProvider clock) : IUsageLog, IAsyncDisposable
{
    private DuckDbUsageLog? opened;

    /// <exception cref="UsageLogException">The file is in use, damaged, of a newer version, or the engine is missing.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (opened is not null)
            throw new InvalidOperationException("The usage log is open already.");
        opened = await DuckDbUsageLog.OpenAsync(
            new DuckDbUsageLogOptions { Path = Path.Combine(options.DataFolder, "usage.duckdb") }, clock, cancellationToken);
    }

    private DuckDbUsageLog Log => opened ?? throw new InvalidOperationException("The usage log is not open yet.");

    public async Task<int> AppendAsync(TenantId tenant, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken)
    {
        var stored = await Log.AppendAsync(tenant, events, cancellationToken);
        if (stored > 0)
            growth.Note(tenant.Value);
        return stored;
    }

    public async Task<int> AppendAsync(
        TenantId tenant, IReadOnlyList<UsageEvent> events, ImportMark before, CancellationToken cancellationToken)
    {
        var stored = await Log.AppendAsync(tenant, events, before, cancellationToken);
        if (stored > 0)
            growth.Note(tenant.Value);
        return stored;
    }

    public Task<ImportMark?> FindMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken) =>
        Log.FindMarkAsync(tenant, importId, cancellationToken);

    public Task ForgetMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken) =>
        Log.ForgetMarkAsync(tenant, importId, cancellationToken);

    public Task<UsageTable> QueryAsync(UsageQuery query, CancellationToken cancellationToken) =>
        Log.QueryAsync(query, cancellationToken);

    public IAsyncEnumerable<UsageRow> ReadGroupsAsync(UsageQuery query, CancellationToken cancellationToken) =>
        Log.ReadGroupsAsync(query, cancellationToken);

    public IAsyncEnumerable<IReadOnlyList<UsageEvent>> ReadBatchesAsync(UsageScan scan, CancellationToken cancellationToken) =>
        Log.ReadBatchesAsync(scan, cancellationToken);

    public Task<IReadOnlyList<UsageEvent>> FindAsync(
        TenantId tenant, IReadOnlyList<string> eventIds, CancellationToken cancellationToken) =>
        Log.FindAsync(tenant, eventIds, cancellationToken);

    public Task<UsageExtent?> GetExtentAsync(TenantId tenant, CancellationToken cancellationToken) =>
        Log.GetExtentAsync(tenant, cancellationToken);

    public async Task<long> RepriceAsync(TenantId tenant, PriceBook prices, CancellationToken cancellationToken)
    {
        var changed = await Log.RepriceAsync(tenant, prices, cancellationToken);
        if (changed > 0)
            growth.Note(tenant.Value);
        return changed;
    }

    public async ValueTask DisposeAsync()
    {
        if (opened is { } log)
            await log.DisposeAsync();
    }
}
