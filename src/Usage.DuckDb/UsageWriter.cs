using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb;

/// <summary>The statements that change the log. The caller lets in one at a time.</summary>
internal sealed class UsageWriter(DuckDbDatabase database)
{
    private const string Staging = "usage_staging";
    private const string Repriced = "usage_repriced";

    private long? nextRowNumber;

    /// <summary>Stages the batch, then takes over the rows whose key is not there yet, in one transaction.</summary>
    internal int Append(DuckDbConnection connection, TenantId tenant, IReadOnlyList<UsageEvent> events)
    {
        var rowNumber = nextRowNumber ??= ReadNextRowNumber(connection);
        connection.Execute($"CREATE TEMP TABLE {Staging} AS FROM usage_event LIMIT 0");

        var seen = new HashSet<(string, string)>(events.Count);
        using (var appender = connection.Append(Staging))
        {
            foreach (var call in events)
            {
                if (seen.Add((call.Source, call.SourceId)))
                    UsageEventRow.Write(appender.NextRow(), tenant, rowNumber++, call);
            }

            appender.Finish();
        }

        // One statement is one transaction; the tenant is part of the key and named besides, so that other tenants' rows are
        // not even looked at.
        var insert = new SqlStatement($"INSERT INTO usage_event FROM {Staging} AS new WHERE NOT EXISTS (");
        insert.Add($"SELECT 1 FROM usage_event AS old WHERE old.tenant_id = {insert.Parameter(tenant.Value)} ");
        insert.Add("AND old.row_key = new.row_key)");
        var stored = connection.Change(insert);

        nextRowNumber = rowNumber;
        return checked((int)stored);
    }

    /// <summary>Reads on a second connection, collects what changed and updates it in one statement.</summary>
    internal long Reprice(DuckDbConnection connection, TenantId tenant, PriceBook prices, CancellationToken cancellationToken)
    {
        connection.Execute(
            $"CREATE TEMP TABLE {Repriced} (row_no BIGINT, cost_list BIGINT, cost_effective BIGINT, " +
            "price_row_id VARCHAR, price_flags VARCHAR)");
        var changed = CollectChanges(connection, tenant, prices, cancellationToken);
        if (changed == 0)
            return 0;

        var update = new SqlStatement(
            "UPDATE usage_event SET cost_list = new.cost_list, cost_effective = new.cost_effective, " +
            $"price_row_id = new.price_row_id, price_flags = new.price_flags FROM {Repriced} AS new ");
        update.Add($"WHERE usage_event.tenant_id = {update.Parameter(tenant.Value)} AND usage_event.row_no = new.row_no");
        return connection.Change(update);
    }

    private long CollectChanges(
        DuckDbConnection connection, TenantId tenant, PriceBook prices, CancellationToken cancellationToken)
    {
        using var rows = new UsageEventReader(database, new UsageScan { Tenant = tenant });
        using var interrupt = cancellationToken.UnsafeRegister(_ => rows.Interrupt(), null);
        using var appender = connection.Append(Repriced);
        var changed = 0L;
        while (rows.Next() is { } chunk)
        {
            foreach (var (rowNumber, old) in chunk)
            {
                var call = old.PricedBy(prices);
                if (SamePrice(old, call))
                    continue;

                changed++;
                var row = appender.NextRow();
                row.Int64(rowNumber);
                row.Int64(call.CostList?.Value);
                row.Int64(call.CostEffective?.Value);
                row.Text(call.PriceRowId);
                row.Text(UsageEventRow.JoinFlags(call.PriceFlags));
            }
        }

        appender.Finish();
        return changed;
    }

    private static bool SamePrice(UsageEvent old, UsageEvent call) =>
        old.CostList == call.CostList && old.CostEffective == call.CostEffective && old.PriceRowId == call.PriceRowId &&
        old.PriceFlags.SequenceEqual(call.PriceFlags);

    private static long ReadNextRowNumber(DuckDbConnection connection)
    {
        using var result = connection.Query(new SqlStatement("SELECT coalesce(max(row_no), 0) + 1 FROM usage_event"));
        using var row = result.Next()!; // an aggregate without groups always answers one row
        return row.RequiredInt64();
    }
}
