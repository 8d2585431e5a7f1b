using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb.Sql;

/// <summary>Which rows a question is about. The tenant comes first in every statement.</summary>
internal static class WhereClause
{
    private const int MaxFilters = 64;
    private const int MaxFilterValues = 10_000;

    internal static void AddTo(
        SqlStatement sql, TenantId tenant, TimeWindow? window, IReadOnlyList<UsageFilter> filters, string? wherePresent)
    {
        if (filters.Count > MaxFilters)
            throw new ArgumentException($"{filters.Count} filters; at most {MaxFilters} are allowed.", nameof(filters));

        sql.Add($" WHERE tenant_id = {sql.Parameter(tenant.Value)}");
        if (window is { } span)
            sql.Add($" AND ts_start >= {sql.Parameter(span.From)} AND ts_start < {sql.Parameter(span.To)}");
        if (wherePresent is not null)
            sql.Add($" AND {UsageSql.HasValue(wherePresent)}");
        foreach (var filter in filters)
            sql.Add($" AND {Condition(sql, filter)}");
    }

    private static string Condition(SqlStatement sql, UsageFilter filter)
    {
        if (RecordedTwice(filter) is { } recording)
            return recording;
        var key = UsageSql.KeyText(filter.Dimension, UsageSql.Key(filter.Dimension));
        return filter.Operator switch
        {
            FilterOperator.Equal => $"{key} = {sql.Parameter(Single(filter))}",
            FilterOperator.NotEqual when UsageSql.IsAlwaysThere(filter.Dimension) => $"{key} <> {sql.Parameter(Single(filter))}",
            FilterOperator.NotEqual => $"{key} IS DISTINCT FROM {sql.Parameter(Single(filter))}",
            FilterOperator.In => $"{key} IN ({List(sql, filter)})",
            FilterOperator.NotIn => $"({key} IS NULL OR {key} NOT IN ({List(sql, filter)}))",
            FilterOperator.Contains => $"contains(lower({key}), lower({sql.Parameter(Single(filter))}))",
            FilterOperator.IsMissing => $"{key} IS NULL",
            FilterOperator.IsPresent => $"{key} IS NOT NULL",
            _ => throw new ArgumentOutOfRangeException(nameof(filter), filter.Operator, "Unknown filter operator."),
        };
    }

    /// <summary>As the flag it is, not as text: nearly every statement asks for it, and so whole blocks are passed over.</summary>
    private static string? RecordedTwice(UsageFilter filter) => (filter.Dimension, filter.Operator, filter.Values) switch
    {
        (Dimension.RecordedTwice, FilterOperator.Equal, ["true"]) or (Dimension.RecordedTwice, FilterOperator.NotEqual, ["false"]) => "recorded_twice",
        (Dimension.RecordedTwice, FilterOperator.Equal, ["false"]) or (Dimension.RecordedTwice, FilterOperator.NotEqual, ["true"]) => "NOT recorded_twice",
        _ => null,
    };

    private static string Single(UsageFilter filter) => filter.Values.Count == 1
        ? filter.Values[0]
        : throw new ArgumentException(
            $"The filter {filter.Dimension} {filter.Operator} has {filter.Values.Count} values; it takes exactly one.", nameof(filter));

    private static string List(SqlStatement sql, UsageFilter filter) => filter.Values.Count is > 0 and <= MaxFilterValues
        ? string.Join(", ", filter.Values.Select(value => sql.Parameter(value)))
        : throw new ArgumentException(
            $"The filter {filter.Dimension} {filter.Operator} has {filter.Values.Count} values; it takes 1 to {MaxFilterValues}.",
            nameof(filter));
}
