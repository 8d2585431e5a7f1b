using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Query;

/// <summary>
/// The organisation's usage log: rows in, aggregates and ordered scans out. Implemented by one type per engine. Safe for
/// concurrent use; writers are serialised inside. Every call names its tenant and no call can reach another's rows.
/// </summary>
public interface IUsageLog
{
    /// <summary>
    /// Stores a batch in one transaction, skipping rows whose (source, source id) is already there; nothing is stored by halves.
    /// A call that another source of the tenant has recorded too gets the flag <c>duplicate_source</c> on one of its rows.
    /// </summary>
    /// <returns>How many rows were new; the rest were duplicates.</returns>
    Task<int> AppendAsync(TenantId tenant, IReadOnlyList<UsageEvent> events, CancellationToken cancellationToken);

    /// <summary>
    /// The same for a batch of an import; how far the import has come is stored in the same transaction, so that one which was cut
    /// goes on behind the last batch that is there.
    /// </summary>
    /// <param name="before">The import's mark before this batch.</param>
    /// <returns>How many rows were new.</returns>
    Task<int> AppendAsync(
        TenantId tenant, IReadOnlyList<UsageEvent> events, ImportMark before, CancellationToken cancellationToken);

    /// <summary>Null when the import has stored nothing yet, or has been forgotten.</summary>
    Task<ImportMark?> FindMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken);

    /// <summary>For an import that has ended.</summary>
    Task ForgetMarkAsync(TenantId tenant, string importId, CancellationToken cancellationToken);

    Task<UsageTable> QueryAsync(UsageQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Streams a query's groups, as many as there are: <see cref="UsageQuery.Limit"/> does not hold. For groups that may be as
    /// many as users or conversations.
    /// </summary>
    IAsyncEnumerable<UsageRow> ReadGroupsAsync(UsageQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Streams rows in (start, source order), some thousand at a time; memory does not grow with the log. A batch is its reader's own, and
    /// where one ends means nothing.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<UsageEvent>> ReadBatchesAsync(UsageScan scan, CancellationToken cancellationToken);

    /// <summary>The same rows one by one.</summary>
    IAsyncEnumerable<UsageEvent> ReadAsync(UsageScan scan, CancellationToken cancellationToken) =>
        RowByRow.OfAsync(ReadBatchesAsync(scan, cancellationToken));

    /// <summary>The rows with these ids, at most 1,000, in the order asked; unknown and foreign ids are left out alike.</summary>
    Task<IReadOnlyList<UsageEvent>> FindAsync(
        TenantId tenant, IReadOnlyList<string> eventIds, CancellationToken cancellationToken);

    /// <summary>Counts rows and finds the first and last start; null when the log is empty.</summary>
    Task<UsageExtent?> GetExtentAsync(TenantId tenant, CancellationToken cancellationToken);

    /// <summary>Computes list and effective cost of every row anew, in one transaction.</summary>
    /// <returns>Rows whose cost changed.</returns>
    Task<long> RepriceAsync(TenantId tenant, PriceBook prices, CancellationToken cancellationToken);
}

/// <param name="LastStart">Start of the newest row; answers name it.</param>
public sealed record UsageExtent(long Rows, DateTimeOffset FirstStart, DateTimeOffset LastStart);
