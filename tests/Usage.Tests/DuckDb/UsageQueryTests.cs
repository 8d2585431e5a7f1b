using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.DuckDb;

public sealed class UsageQueryTests : IAsyncLifetime
{
    private DuckDbUsageLog log = null!;

    public async ValueTask InitializeAsync() =>
        log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Fact]
    public async Task Every_measure_answers_with_its_own_type()
    {
        await AppendAsync(SomeCalls.Full());
        Measure[] measures =
        [
            new("requests", MeasureKind.Requests), new("input", MeasureKind.InputTokens),
            new("uncached", MeasureKind.UncachedInputTokens), new("read", MeasureKind.CacheReadTokens),
            new("write", MeasureKind.CacheWriteTokens), new("output", MeasureKind.OutputTokens),
            new("reasoning", MeasureKind.ReasoningTokens), new("cost", MeasureKind.CostNano),
            new("list", MeasureKind.ListCostNano), new("recorded", MeasureKind.RecordedCostNano),
            new("priced", MeasureKind.PricedRequests), new("with_recorded", MeasureKind.RecordedCostRequests),
            new("errors", MeasureKind.Errors), new("present", MeasureKind.Present, Field: UsageColumns.PromptHash),
            new("flagged", MeasureKind.Flagged, Field: "token_sum_mismatch"),
            new("price_flagged", MeasureKind.Flagged, Field: "price_backfilled"),
            new("p50", MeasureKind.Percentile, RowValue.DurationMs, 0.5), new("mean", MeasureKind.Mean, RowValue.FirstTokenMs),
            new("min", MeasureKind.Min, RowValue.TotalTokens), new("max", MeasureKind.Max, RowValue.CostNano),
            new("users", MeasureKind.Distinct, Field: nameof(Dimension.User)),
            new("first", MeasureKind.FirstStart), new("last", MeasureKind.LastStart),
            new("deviation", MeasureKind.StandardDeviation, RowValue.CostNano),
            new("images", MeasureKind.Sum, RowValue.InputImageTokens), new("time", MeasureKind.Sum, RowValue.DurationMs),
            new("per_token", MeasureKind.Mean, RowValue.OutputTokenMs), new("quality", MeasureKind.Sum, RowValue.QualityScore),
        ];

        var row = Assert.Single((await AskAsync(measures)).Rows);

        Assert.Equal(
            [
                1L, 21L, 1L, 2L, 7L, 24L, 8L, 43_210L, 54_321L, 12_345L, 1L, 1L, 1L, 1L, 1L, 1L,
                9_000.0, 250.125, 45.0, 43_210.0, 1L, SomeCalls.Noon, SomeCalls.Noon,
                null, 6L, 9_000.0, (9_000 - 250.125) / 23, 0.25,
            ],
            row.Values);
    }

    [Fact]
    public async Task Every_row_value_can_be_summed_and_rows_without_it_are_left_out()
    {
        await AppendAsync(SomeCalls.Full(), SomeCalls.Call(1) with { RequestModel = null });
        var values = Enum.GetValues<RowValue>();

        var sums = await AskAsync([.. values.Select(value => new Measure(value.ToString(), MeasureKind.Sum, value))]);

        Assert.All(sums.Rows[0].Values, value => Assert.NotNull(value));
        Assert.Equal(21L + 101, sums.Rows[0].Values[Array.IndexOf(values, RowValue.InputTokens)]);
        Assert.Equal(10L, sums.Rows[0].Values[Array.IndexOf(values, RowValue.MaxOutputRequested)]);
        Assert.Equal(77L, sums.Rows[0].Values[Array.IndexOf(values, RowValue.ToolsTokens)]);
    }

    [Fact]
    public async Task The_standard_deviation_is_that_of_a_sample()
    {
        await AppendAsync([.. new long[] { 2, 4, 4, 4, 5, 5, 7, 9 }.Select((tokens, index) => SomeCalls.Call(index) with { InUncached = tokens })]);

        var table = await AskAsync([new("s", MeasureKind.StandardDeviation, RowValue.InputTokens)]);

        Assert.Equal(Math.Sqrt(32.0 / 7), (double)table.Rows[0].Values[0]!, 12);
    }

    [Fact]
    public async Task Over_no_rows_counts_and_tokens_are_zero_and_costs_and_statistics_are_missing()
    {
        var row = Assert.Single((await AskAsync([
            new("requests", MeasureKind.Requests), new("tokens", MeasureKind.InputTokens), new("cost", MeasureKind.CostNano),
            new("p95", MeasureKind.Percentile, RowValue.InputTokens, 0.95), new("first", MeasureKind.FirstStart)])).Rows);

        Assert.Equal([0L, 0L, null, null, null], row.Values);
    }

    [Theory]
    [InlineData(Dimension.Minute, "2026-03-01T23:59Z", "2026-03-02T00:00Z", "2026-03-08T12:00Z")]
    [InlineData(Dimension.HourOfDay, "23", "00", "12")]
    [InlineData(Dimension.Hour, "2026-03-01T23:00Z", "2026-03-02T00:00Z", "2026-03-08T12:00Z")]
    [InlineData(Dimension.Day, "2026-03-01", "2026-03-02", "2026-03-08")]
    [InlineData(Dimension.Week, "2026-02-23", "2026-03-02", "2026-03-02")]
    [InlineData(Dimension.Month, "2026-03", "2026-03", "2026-03")]
    [InlineData(Dimension.Weekday, "7", "1", "7")]
    public async Task Times_are_grouped_in_utc(Dimension dimension, params string[] expected)
    {
        DateTimeOffset[] starts =
        [
            new(2026, 3, 1, 23, 59, 59, TimeSpan.Zero),
            new(2026, 3, 2, 1, 0, 0, TimeSpan.FromHours(1)), // midnight UTC
            new(2026, 3, 8, 12, 0, 0, TimeSpan.Zero),
        ];
        await AppendAsync([.. starts.Select((start, index) => SomeCalls.Call(index) with { StartedAt = start })]);

        var table = await AskAsync([new("n", MeasureKind.Requests)], groupBy: [dimension]);

        Assert.Equal(expected.Distinct().Order(StringComparer.Ordinal), table.Rows.Select(row => row.Keys[0]!));
    }

    [Fact]
    public async Task Every_dimension_can_be_grouped_by_and_filtered_with_its_own_key()
    {
        await AppendAsync(SomeCalls.Full(), SomeCalls.Call(1));

        foreach (var dimension in Enum.GetValues<Dimension>())
        {
            var groups = await AskAsync([new("n", MeasureKind.Requests)], groupBy: [dimension]);

            foreach (var group in groups.Rows)
            {
                var filter = group.Keys[0] is { } key
                    ? new UsageFilter(dimension, FilterOperator.Equal, [key])
                    : new UsageFilter(dimension, FilterOperator.IsMissing, []);
                var row = Assert.Single((await AskAsync([new("n", MeasureKind.Requests)], filters: [filter])).Rows);
                Assert.Equal(group.Values[0], row.Values[0]);
            }
        }
    }

    [Theory]
    [InlineData(FilterOperator.Equal, 1, "ann")]
    [InlineData(FilterOperator.NotEqual, 3, "ann")]
    [InlineData(FilterOperator.In, 2, "ann", "Bob")]
    [InlineData(FilterOperator.NotIn, 2, "ann", "Bob")]
    [InlineData(FilterOperator.Contains, 2, "AN")]
    [InlineData(FilterOperator.IsMissing, 1)]
    [InlineData(FilterOperator.IsPresent, 3)]
    [InlineData(FilterOperator.Equal, 0, "' OR 1=1 --")]
    public async Task Filters_treat_a_missing_value_as_different_from_every_value(
        FilterOperator op, long expected, params string[] values)
    {
        string?[] users = ["ann", "Bob", "Stan", null];
        await AppendAsync([.. users.Select((user, index) => SomeCalls.Call(index) with { UserId = user })]);

        var table = await AskAsync([new("n", MeasureKind.Requests)], filters: [new(Dimension.User, op, values)]);

        Assert.Equal(expected, table.Rows[0].Values[0]);
    }

    [Fact]
    public async Task Groups_are_ordered_by_the_measure_then_by_key_and_the_cut_is_told()
    {
        string?[] users = ["c", "b", "b", "a", "a", null, null, null];
        await AppendAsync([.. users.Select((user, index) => SomeCalls.Call(index) with { UserId = user })]);
        var query = new UsageQuery
        {
            Tenant = SomeCalls.Tenant,
            GroupBy = [Dimension.User],
            Measures = [new("n", MeasureKind.Requests)],
            OrderBy = "n",
        };

        var whole = await log.QueryAsync(query, CancellationToken.None);
        var ascending = await log.QueryAsync(query with { Descending = false }, CancellationToken.None);
        var cut = await log.QueryAsync(query with { Limit = 2 }, CancellationToken.None);

        Assert.Equal([null, "a", "b", "c"], whole.Rows.Select(row => row.Keys[0]));
        Assert.Equal(["c", "a", "b", null], ascending.Rows.Select(row => row.Keys[0]));
        Assert.False(whole.Truncated);
        Assert.True(cut.Truncated);
        Assert.Equal(2, cut.Rows.Count);
    }

    [Fact]
    public async Task Sums_are_exact_where_doubles_are_not()
    {
        const long large = 9_007_199_254_740_993; // 2^53 + 1
        await AppendAsync(
            SomeCalls.Call(1) with { CostEffective = new NanoDollars(large) },
            SomeCalls.Call(2) with { CostEffective = new NanoDollars(1) });

        var table = await AskAsync([new("cost", MeasureKind.CostNano)]);

        Assert.Equal(large + 1, table.Rows[0].Values[0]);
    }

    [Fact]
    public async Task A_sum_that_no_long_holds_is_refused_and_not_wrapped()
    {
        await AppendAsync(
            SomeCalls.Call(1) with { CostEffective = new NanoDollars(long.MaxValue) },
            SomeCalls.Call(2) with { CostEffective = new NanoDollars(long.MaxValue) });

        await Assert.ThrowsAsync<OverflowException>(() => AskAsync([new("cost", MeasureKind.CostNano)]));
    }

    [Fact]
    public async Task Every_column_of_the_coverage_report_can_be_asked_for()
    {
        await AppendAsync(SomeCalls.Full());
        var measures = UsageColumns.Coverage.Select(column => new Measure(column, MeasureKind.Present, Field: column)).ToArray();

        var table = await AskAsync(measures);

        Assert.All(table.Rows[0].Values, value => Assert.Equal(1L, value));
    }

    [Fact]
    public async Task Questions_that_make_no_sense_are_refused_by_name()
    {
        Measure requests = new("n", MeasureKind.Requests);
        (UsageQuery Query, string Names)[] bad =
        [
            (Query(requests) with { Limit = 0 }, "0"),
            (Query(requests) with { Limit = 100_001 }, "100001"),
            (Query() with { Measures = [] }, "0 measures"),
            (Query(requests, requests), "same name"),
            (Query(requests) with { GroupBy = [Dimension.Day, Dimension.Day] }, "twice"),
            (Query(requests) with { OrderBy = "cost" }, "'cost'"),
            (Query(new Measure("p", MeasureKind.Percentile, RowValue.InputTokens, 1.5)), "1.5"),
            (Query(new Measure("p", MeasureKind.Percentile, RowValue.InputTokens, double.NaN)), "NaN"),
            (Query(new Measure("p", MeasureKind.Percentile)), "row value"),
            (Query(new Measure("p", MeasureKind.Present, Field: "x; DROP TABLE usage_event")), "no column"),
            (Query(new Measure("d", MeasureKind.Distinct, Field: "Colour")), "'Colour'"),
            (Query(requests) with { Filters = [new(Dimension.User, FilterOperator.Equal, [])] }, "exactly one"),
            (Query(requests) with { Filters = [new(Dimension.User, FilterOperator.In, [])] }, "takes 1 to"),
        ];

        foreach (var (query, names) in bad)
        {
            var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => log.QueryAsync(query, CancellationToken.None));
            Assert.Contains(names, error.Message, StringComparison.Ordinal);
        }
    }

    private static UsageQuery Query(params Measure[] measures) => new() { Tenant = SomeCalls.Tenant, Measures = measures };

    private Task<int> AppendAsync(params UsageEvent[] calls) => log.AppendAsync(SomeCalls.Tenant, calls, CancellationToken.None);

    private Task<UsageTable> AskAsync(
        Measure[] measures, IReadOnlyList<Dimension>? groupBy = null, IReadOnlyList<UsageFilter>? filters = null) =>
        log.QueryAsync(Query(measures) with { GroupBy = groupBy ?? [], Filters = filters ?? [] }, CancellationToken.None);
}
