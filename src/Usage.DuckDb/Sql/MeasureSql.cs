using System.Globalization;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb.Sql;

/// <summary>A measure as an aggregate expression together with how its answer is read.</summary>
internal sealed record MeasureSql(string Expression, Func<ChunkReader, object?> Read)
{
    internal static MeasureSql Of(Measure measure, SqlStatement sql) => measure.Kind switch
    {
        MeasureKind.Requests => Count("count(*)"),
        MeasureKind.InputTokens => Tokens(UsageSql.InputTotal),
        MeasureKind.UncachedInputTokens => Tokens("in_uncached"),
        MeasureKind.CacheReadTokens => Tokens("in_cache_read"),
        MeasureKind.CacheWriteTokens => Tokens("in_cache_write_5m + in_cache_write_1h"),
        MeasureKind.OutputTokens => Tokens(UsageSql.OutputTotal),
        MeasureKind.ReasoningTokens => Tokens("out_reasoning"),
        MeasureKind.CostNano => Sum("cost_effective"),
        MeasureKind.ListCostNano => Sum("cost_list"),
        MeasureKind.RecordedCostNano => Sum(UsageSql.RecordedDollars),
        MeasureKind.PricedRequests => Count("count(cost_list)"),
        MeasureKind.RecordedCostRequests => Count($"count({UsageSql.RecordedDollars})"),
        MeasureKind.Errors => CountWhere("status IN ('error', 'timeout')"),
        MeasureKind.Present => CountWhere(UsageSql.HasValue(measure.Field)),
        MeasureKind.Flagged => CountWhere(HasFlag(sql.Parameter(Field(measure)))),
        MeasureKind.Percentile => Statistic($"quantile_cont({Value(measure)}, {Percentile(measure)})"),
        MeasureKind.Mean => Statistic($"avg({Value(measure)})"),
        MeasureKind.Min => Statistic($"min({Value(measure)})"),
        MeasureKind.Max => Statistic($"max({Value(measure)})"),
        MeasureKind.StandardDeviation => Statistic($"stddev_samp({Value(measure)})"),
        MeasureKind.Sum => UsageSql.IsWhole(RowValueOf(measure))
            ? Sum(UsageSql.Value(RowValueOf(measure)))
            : Statistic($"sum({Value(measure)})"),
        MeasureKind.Distinct => Count($"count(DISTINCT {UsageSql.Key(DimensionOf(measure))})"),
        MeasureKind.FirstStart => new("min(ts_start)", row => row.Time()),
        MeasureKind.LastStart => new("max(ts_start)", row => row.Time()),
        _ => throw new ArgumentOutOfRangeException(nameof(measure), measure.Kind, "Unknown measure."),
    };

    private static MeasureSql Count(string expression) => new(expression, row => row.Int64());

    private static MeasureSql CountWhere(string condition) => Count($"count(*) FILTER (WHERE {condition})");

    private static MeasureSql Tokens(string expression) => Sum(expression) with { Expression = $"coalesce(sum({expression}), 0)" };

    // DuckDB sums BIGINT into HUGEINT, so the sum is exact; one that no long holds is an error, not a wrap-around.
    private static MeasureSql Sum(string expression) =>
        new($"sum({expression})", row => row.HugeInt() is { } sum ? checked((long)sum) : null);

    private static MeasureSql Statistic(string expression) => new($"CAST({expression} AS DOUBLE)", row => row.Double());

    private static string HasFlag(string flag) =>
        $"(list_contains(dq_flags, {flag}) OR list_contains(string_split(price_flags, ','), {flag}))";

    private static string Value(Measure measure) => $"CAST({UsageSql.Value(RowValueOf(measure))} AS DOUBLE)";

    private static RowValue RowValueOf(Measure measure) => measure.Of
        ?? throw new ArgumentException($"The measure '{measure.Name}' ({measure.Kind}) needs a row value.", nameof(measure));

    private static string Percentile(Measure measure) => measure.Percentile is >= 0 and <= 1
        ? measure.Percentile.Value.ToString("R", CultureInfo.InvariantCulture)
        : throw new ArgumentException(
            $"The measure '{measure.Name}' has the percentile {measure.Percentile}; it must be 0 to 1.", nameof(measure));

    private static string Field(Measure measure) => measure.Field
        ?? throw new ArgumentException($"The measure '{measure.Name}' ({measure.Kind}) needs a field.", nameof(measure));

    private static Dimension DimensionOf(Measure measure) => Enum.TryParse<Dimension>(Field(measure), out var dimension)
        ? dimension
        : throw new ArgumentException(
            $"The measure '{measure.Name}' counts '{measure.Field}', which is no dimension.", nameof(measure));
}
