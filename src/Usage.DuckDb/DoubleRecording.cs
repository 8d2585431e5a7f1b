using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;

namespace Apex.Usage.DuckDb;

/// <summary>
/// Finds calls that two sources recorded, typically a gateway and the program behind it, and flags the row that is not to be
/// counted: the gateway's row stays, between other sources the one that came first. Two rows are the same call when their ids are
/// equal, or when model, input and output are equal, they began within two seconds and their spans overlap as far as known. Each
/// row is paired at most once, with its nearest.
/// </summary>
internal static class DoubleRecording
{
    private const string Call =
        """
        SELECT row_no, source, source_id, ts_start, ts_end, CASE WHEN source IN ('litellm', 'helicone') THEN 0 ELSE 1 END AS distance_to_provider,
            coalesce(response_model, request_model) AS model,
            in_uncached + in_cache_read + in_cache_write_5m + in_cache_write_1h + in_audio + in_image AS input,
            out_visible + out_reasoning + out_audio AS output
        FROM usage_event
        """;

    /// <summary>Looks at rows from <paramref name="firstRowNumber"/> on against the whole log of the tenant.</summary>
    internal static void Flag(
        DuckDbConnection connection, TenantId tenant, long firstRowNumber, IReadOnlyList<UsageEvent> batch)
    {
        if (!HasOtherSources(connection, tenant, batch))
            return;

        var sql = new SqlStatement();
        var (owner, first) = (sql.Parameter(tenant.Value), sql.Parameter(firstRowNumber));
        var from = sql.Parameter(batch.Min(call => call.StartedAt).AddSeconds(-2));
        var to = sql.Parameter(batch.Max(call => call.StartedAt).AddSeconds(2));
        var flag = sql.Parameter(QualityFlags.DuplicateSource);
        sql.Add(
            $"""
            UPDATE usage_event SET dq_flags = list_append(dq_flags, {flag}), recorded_twice = true
            WHERE tenant_id = {owner} AND NOT list_contains(dq_flags, {flag}) AND row_no IN (
                WITH fresh AS ({Call} WHERE tenant_id = {owner} AND row_no >= {first}),
                near AS ({Call} WHERE tenant_id = {owner} AND ts_start BETWEEN {from} AND {to}),
                pairs AS (
                    SELECT fresh AS a, near AS b, abs(epoch_us(fresh.ts_start) - epoch_us(near.ts_start)) AS gap_us
                    FROM fresh JOIN near USING (model, input, output)
                    WHERE fresh.source <> near.source AND input + output > 0 AND gap_us <= 2000000
                        AND (fresh.ts_end IS NULL OR near.ts_end IS NULL
                            OR (fresh.ts_start <= near.ts_end AND near.ts_start <= fresh.ts_end))
                    UNION ALL
                    SELECT fresh, same, 0 FROM fresh JOIN ({Call} WHERE tenant_id = {owner}) AS same USING (source_id)
                    WHERE fresh.source <> same.source),
                ordered AS (
                    SELECT gap_us, (a.distance_to_provider, a.row_no) < (b.distance_to_provider, b.row_no) AS a_first,
                        CASE WHEN a_first THEN a.row_no ELSE b.row_no END AS kept,
                        CASE WHEN a_first THEN b.row_no ELSE a.row_no END AS other
                    FROM pairs)
                SELECT other FROM ordered
                QUALIFY row_number() OVER (PARTITION BY other ORDER BY gap_us, kept) = 1
                    AND row_number() OVER (PARTITION BY kept ORDER BY gap_us, other) = 1)
            """);
        connection.Change(sql);
    }

    /// <summary>Nearly every log has one source, and then there is nothing to compare.</summary>
    private static bool HasOtherSources(DuckDbConnection connection, TenantId tenant, IReadOnlyList<UsageEvent> batch)
    {
        var source = batch[0].Source;
        if (batch.Any(call => call.Source != source))
            return true;

        var sql = new SqlStatement();
        sql.Add($"SELECT 1 FROM usage_event WHERE tenant_id = {sql.Parameter(tenant.Value)} AND source <> {sql.Parameter(source)} LIMIT 1");
        using var result = connection.Query(sql);
        using var row = result.Next();
        return row is { Rows: > 0 };
    }
}
