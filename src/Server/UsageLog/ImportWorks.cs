using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;

namespace Apex.Server.UsageLog;

/// <summary>Turns an order into the work it asks for: the same for a new job and for one that a later process goes on with.</summary>
internal sealed class ImportWorks(UsageImporter importer, IUsageLog log, OrganisationPriceBooks prices, TimeProvider clock)
{
    public ImportWork Of(ImportOrder order) => order.Kind switch
    {
        ImportKind.Usage => new UsageFileImport(importer, log, prices, order),
        ImportKind.Prices => new PriceFileImport(prices, log, clock, order),
        ImportKind.Demo => new DemoImport(new DemoOptions { Seed = order.DemoSeed, Days = order.DemoDays }, log, prices, order),
        _ => throw new ArgumentOutOfRangeException(nameof(order), order.Kind, "Unknown kind of import."),
    };

    /// <summary>Rows of the order's content that are in the log for good.</summary>
    public async Task<long> RowsTakenAsync(ImportOrder order, CancellationToken cancellationToken) =>
        (await log.FindMarkAsync(new TenantId(order.OrganisationId), order.JobId, cancellationToken))?.RowsTaken ?? 0;
}
