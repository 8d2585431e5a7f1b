using Apex.Usage.DuckDb.Binding;
using Apex.Usage.DuckDb.Sql;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb;

/// <summary>An ordered scan, handed out chunk by chunk. DuckDB sorts, and spills to disk past its memory limit.</summary>
internal sealed class UsageEventReader : IDisposable
{
    private readonly DuckDbConnection connection;
    private readonly SqlStatement sql;
    private DuckDbResult? result;

    internal UsageEventReader(DuckDbDatabase database, UsageScan scan)
    {
        sql = new SqlStatement($"SELECT {UsageEventRow.ReadColumns} FROM usage_event");
        WhereClause.AddTo(sql, scan.Tenant, scan.Window, scan.Filters, scan.WherePresent);
        sql.Add(" ORDER BY ts_start, row_no");
        connection = database.Connect();
    }

    internal static Dictionary<string, UsageEvent> Find(
        DuckDbConnection connection, TenantId tenant, IReadOnlyList<string> eventIds)
    {
        var sql = new SqlStatement($"SELECT {UsageEventRow.ReadColumns} FROM usage_event");
        WhereClause.AddTo(sql, tenant, window: null, filters: [], wherePresent: null);
        sql.Add($" AND event_id IN ({string.Join(", ", eventIds.Select(id => sql.Parameter(id)))})");

        using var result = connection.Query(sql);
        var found = new Dictionary<string, UsageEvent>();
        while (Next(result) is { } rows)
        {
            foreach (var (_, call) in rows)
                found[call.EventId] = call;
        }

        return found;
    }

    /// <summary>The next rows with their row numbers; null after the last.</summary>
    internal List<(long RowNumber, UsageEvent Call)>? Next() => Next(result ??= connection.Stream(sql));

    internal void Interrupt() => connection.Interrupt();

    public void Dispose()
    {
        result?.Dispose();
        connection.Dispose();
    }

    private static List<(long RowNumber, UsageEvent Call)>? Next(DuckDbResult result)
    {
        using var chunk = result.Next();
        if (chunk is null)
            return null;

        var rows = new List<(long, UsageEvent)>(chunk.Rows);
        for (var index = 0; index < chunk.Rows; index++)
        {
            chunk.MoveTo(index);
            rows.Add(UsageEventRow.Read(chunk));
        }

        return rows;
    }
}
