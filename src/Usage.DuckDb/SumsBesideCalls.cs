using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;

namespace Apex.Usage.DuckDb;

/// <summary>
/// Flags rows that sum up many calls, from vendors' reports and bills, where single calls of the same model and time are in the log
/// as well: what they cost is there already. Models are the same when their names are, without a provider before and a date behind.
/// </summary>
internal static class SumsBesideCalls
{
    private const string Model =
        """
        regexp_replace(regexp_replace(lower(coalesce(response_model, request_model)), '^.*/', ''),
            '(-20[0-9]{2}-[01][0-9]-[0-3][0-9]|[-@]20[0-9]{6})$', '')
        """;

    /// <summary>Looks at sums and calls around the times of a batch.</summary>
    internal static void Flag(DuckDbConnection connection, TenantId tenant, IReadOnlyList<UsageEvent> batch)
    {
        if (!HasSums(connection, tenant))
            return;

        var sql = new SqlStatement();
        var owner = sql.Parameter(tenant.Value);
        var (sum, flag) = (sql.Parameter(QualityFlags.SumOfCalls), sql.Parameter(QualityFlags.DuplicateSource));
        var from = sql.Parameter(batch.Min(call => call.StartedAt));
        var to = sql.Parameter(batch.Max(call => call.EndedAt is { } end && end > call.StartedAt ? end : call.StartedAt));
        sql.Add(
            $"""
            UPDATE usage_event SET dq_flags = list_append(dq_flags, {flag}), recorded_twice = true
            WHERE tenant_id = {owner} AND NOT list_contains(dq_flags, {flag}) AND row_no IN (
                WITH sums AS (
                    SELECT row_no, ts_start, ts_end, {Model} AS model FROM usage_event
                    WHERE tenant_id = {owner} AND list_contains(dq_flags, {sum}) AND ts_start <= {to} AND ts_end >= {from}),
                calls AS (
                    SELECT DISTINCT {Model} AS model, time_bucket(INTERVAL 1 MINUTE, ts_start) AS minute FROM usage_event
                    WHERE tenant_id = {owner} AND NOT list_contains(dq_flags, {sum})
                        AND ts_start >= (SELECT min(ts_start) FROM sums) AND ts_start < (SELECT max(ts_end) FROM sums))
                SELECT sums.row_no FROM sums JOIN calls USING (model)
                WHERE calls.minute >= sums.ts_start AND calls.minute < sums.ts_end)
            """);
        connection.Change(sql);
    }

    /// <summary>Nearly every log has none.</summary>
    private static bool HasSums(DuckDbConnection connection, TenantId tenant)
    {
        var sql = new SqlStatement();
        sql.Add(
            $"""
            SELECT 1 FROM usage_event
            WHERE tenant_id = {sql.Parameter(tenant.Value)} AND source IN ('openai_usage', 'anthropic_usage', 'focus') LIMIT 1
            """);
        using var result = connection.Query(sql);
        using var row = result.Next();
        return row is { Rows: > 0 };
    }
}
