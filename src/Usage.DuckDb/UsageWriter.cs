using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb;

/// <summary>The statements that change the log. The caller lets in one at a time.</summary>
internal sealed class UsageWriter(DuckDbDatabase database)
{
    private const string Table = "usage_event";
    private const string Staging = "usage_keys";
    private const string Repriced = "usage_repriced";

    private static readonly IReadOnlyList<string> RepricingColumns =
    [
        .. UsageColumns.Pricing, UsageColumns.CostRecorded, UsageColumns.CostRecordedCurrency, UsageColumns.CostList,
        UsageColumns.CostEffective, UsageColumns.PriceRowId, UsageColumns.PriceFlags,
    ];

    private long? nextRowNumber;

    /// <summary>
    /// Asks which of the batch's keys are there already, then appends the others, all in one transaction: a row that is not new
    /// costs a key, not a row.
    /// </summary>
    /// <param name="before">Mark of the import the batch belongs to, before it; null for none.</param>
    internal int Append(DuckDbConnection connection, TenantId tenant, IReadOnlyList<UsageEvent> events, ImportMark? before)
    {
        var rowNumber = nextRowNumber ??= ReadNextRowNumber(connection);
        var keys = new Int128[events.Count];
        for (var index = 0; index < keys.Length; index++)
            keys[index] = UsageEventKey.Of(tenant, events[index].Source, events[index].SourceId);

        connection.Execute("BEGIN TRANSACTION");
        var taken = FindTaken(connection, tenant, keys);
        var firstNumber = rowNumber;
        using (var appender = connection.Append(Table))
        {
            for (var index = 0; index < keys.Length; index++)
            {
                // The set also takes the batch's own keys, so a row that stands in it twice is stored once.
                if (taken.Add(keys[index]))
                    UsageEventRow.Write(appender.NextRow(), tenant, keys[index], rowNumber++, events[index]);
            }

            appender.Finish();
        }

        if (rowNumber > firstNumber)
        {
            DoubleRecording.Flag(connection, tenant, firstNumber, events);
            SumsBesideCalls.Flag(connection, tenant, events);
        }

        if (before is not null)
            ImportMarks.Save(connection, tenant, before with
            {
                RowsTaken = before.RowsTaken + events.Count, RowsStored = before.RowsStored + rowNumber - firstNumber,
            });
        connection.Execute("COMMIT");
        nextRowNumber = rowNumber;
        return (int)(rowNumber - firstNumber);
    }

    private static HashSet<Int128> FindTaken(DuckDbConnection connection, TenantId tenant, Int128[] keys)
    {
        connection.Execute($"CREATE TEMP TABLE {Staging} (row_key HUGEINT)");
        using (var appender = connection.Append(Staging))
        {
            foreach (var key in keys)
                appender.NextRow().HugeInt(key);
            appender.Finish();
        }

        var sql = new SqlStatement($"SELECT row_key FROM {Staging} AS new WHERE EXISTS (SELECT 1 FROM {Table} AS old ");
        sql.Add($"WHERE old.tenant_id = {sql.Parameter(tenant.Value)} AND old.row_key = new.row_key)");
        using var result = connection.Query(sql);
        var taken = new HashSet<Int128>(keys.Length);
        while (result.Next() is { } chunk)
        {
            using (chunk)
            {
                for (var row = 0; row < chunk.Rows; row++)
                {
                    chunk.MoveTo(row);
                    if (chunk.HugeInt() is { } key)
                        taken.Add(key);
                }
            }
        }

        return taken;
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
        using var rows = UsageEventReader.Scan(database, new UsageScan { Tenant = tenant, Columns = RepricingColumns });
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
