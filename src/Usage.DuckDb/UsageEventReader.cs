using Apex.Usage.DuckDb.Binding;
using Apex.Usage.DuckDb.Sql;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb;

/// <summary>Reads whole rows of the log, or those columns of them that were asked for.</summary>
internal static class UsageEventReader
{
    /// <summary>An ordered scan with row numbers. DuckDB sorts, and spills to disk past its memory limit.</summary>
    /// <exception cref="ArgumentException">The scan names a column that is not there.</exception>
    internal static ChunkStream<(long RowNumber, UsageEvent Call)> Scan(DuckDbDatabase database, UsageScan scan) =>
        Scan(database, scan, UsageEventRow.Read);

    /// <summary>The same without the numbers.</summary>
    /// <exception cref="ArgumentException">The scan names a column that is not there.</exception>
    internal static ChunkStream<UsageEvent> ScanCalls(DuckDbDatabase database, UsageScan scan) =>
        Scan(database, scan, chunk => UsageEventRow.Read(chunk).Call);

    private static ChunkStream<T> Scan<T>(DuckDbDatabase database, UsageScan scan, Func<ChunkReader, T> read)
    {
        var (columns, layout) = UsageEventRow.Select(scan.Columns);
        var sql = new SqlStatement($"SELECT {columns} FROM usage_event");
        WhereClause.AddTo(sql, scan.Tenant, scan.Window, scan.Filters, scan.WherePresent);
        sql.Add(" ORDER BY ts_start, row_no");
        return new ChunkStream<T>(database.Connect(), sql, result => Next(result, layout, read));
    }

    internal static Dictionary<string, UsageEvent> Find(
        DuckDbConnection connection, TenantId tenant, IReadOnlyList<string> eventIds)
    {
        var sql = new SqlStatement($"SELECT {UsageEventRow.ReadColumns} FROM usage_event");
        WhereClause.AddTo(sql, tenant, window: null, filters: [], wherePresent: null);
        sql.Add($" AND event_id IN ({string.Join(", ", eventIds.Select(id => sql.Parameter(id)))})");

        using var result = connection.Query(sql);
        var found = new Dictionary<string, UsageEvent>();
        while (Next(result, layout: null, UsageEventRow.Read) is { } rows)
        {
            foreach (var (_, call) in rows)
                found[call.EventId] = call;
        }

        return found;
    }

    private static List<T>? Next<T>(DuckDbResult result, int[]? layout, Func<ChunkReader, T> read)
    {
        using var chunk = result.Next(layout);
        if (chunk is null)
            return null;

        var rows = new List<T>(chunk.Rows);
        for (var index = 0; index < chunk.Rows; index++)
        {
            chunk.MoveTo(index);
            rows.Add(read(chunk));
        }

        return rows;
    }
}
