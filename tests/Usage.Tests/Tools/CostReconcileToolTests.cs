using Apex.Usage.Prices;
using Apex.Usage.Tests.Prices;

namespace Apex.Usage.Tests.Tools;

/// <summary>Each cause of a difference, planted once and found under its name.</summary>
public sealed class CostReconcileToolTests
{
    // o3 from 2025-06-10: $2 input, $0.50 cached, $8 output per million; before, $10 and $40.
    [Theory]
    [InlineData("0.0028", "exact")]
    [InlineData("0.014", "price_lag")]
    [InlineData("0.00205", "cache_read")]
    [InlineData("0", "free")]
    [InlineData("0.5", "outlier")]
    [InlineData("0.00281", "cache_double_count")]
    [InlineData("0.0037777", "residual")]
    public async Task Cause_of_a_difference_is_named(string recorded, string expected)
    {
        await using var log = await ToolLog.WithAsync(
            [CostBreakdownToolTests.Call(1, "o3", "2025-07-01T10:00:00Z", 1_000, 100, decimal.Parse(recorded))]);

        var answer = await log.RunAsync("cost_reconcile");

        Assert.Equal(expected, answer.Text("/classes/0/class"));
    }

    [Fact]
    public async Task Cache_writes_are_named_where_writing_has_its_price()
    {
        await using var log = await ToolLog.WithAsync(
            [CostBreakdownToolTests.Call(1, "claude-sonnet-4-20250514", "2025-07-01T10:00:00Z", 1_000, 100, 0.0045m + (0.75m * 600 / 1_000_000))]);

        Assert.Equal("cache_write", (await log.RunAsync("cost_reconcile")).Text("/classes/0/class"));
    }

    [Fact]
    public async Task Rows_without_price_or_recorded_cost_are_left_out_and_counted()
    {
        await using var log = await ToolLog.WithAsync(
        [
            CostBreakdownToolTests.Call(1, "nobody-knows", "2025-07-01T10:00:00Z", 10, 10, 0.5m),
            CostBreakdownToolTests.Call(2, "o3", "2025-07-01T10:00:00Z", 10, 10),
        ]);

        var answer = await log.RunAsync("cost_reconcile");

        Assert.Equal(0, answer.RowsUsed);
        Assert.Equal(1, answer.RowsExcludedByReason["unpriced"]);
        Assert.Equal(1, answer.RowsExcludedByReason["no_recorded_cost"]);
        Assert.Equal("nobody-knows", answer.Text("/unpriced_models/0/model"));
    }

    [Fact]
    public async Task Price_the_book_does_not_hold_is_worked_out_from_rows_that_agree()
    {
        var book = PriceBook.Empty.With([PriceBookTests.Row("m", "2025-01-01", ("input_cost_per_token", 1e-6m), ("output_cost_per_token", 2e-6m))]);
        var calls = Enumerable.Range(1, 40).Select(i => CostBreakdownToolTests.Call(
            i, "m", "2025-07-01T10:00:00Z", 100 * i, 7 * i * i, ((100 * i * 1.3m) + (7 * i * i * 2.25m)) / 1_000_000));
        await using var log = await ToolLog.WithAsync(calls, book);

        var answer = await log.RunAsync("cost_reconcile");

        Assert.Equal(40, answer.Whole("/other_prices/0/rows"));
        Assert.Equal(1.3m, answer.Usd("/other_prices/0/input_usd_per_million"));
        Assert.Equal(2.25m, answer.Usd("/other_prices/0/output_usd_per_million"));
    }

    [Fact]
    public async Task Random_noise_is_never_called_a_price()
    {
        var random = new Random(11);
        var book = PriceBook.Empty.With([PriceBookTests.Row("m", "2025-01-01", ("input_cost_per_token", 1e-6m), ("output_cost_per_token", 2e-6m))]);
        var calls = Enumerable.Range(1, 300).Select(i => CostBreakdownToolTests.Call(
            i, "m", "2025-07-01T10:00:00Z", random.Next(100, 9_000), random.Next(10, 900), random.Next(1_000_000, 9_000_000) / 1_000_000_000m));
        await using var log = await ToolLog.WithAsync(calls, book);

        Assert.Equal(0, (await log.RunAsync("cost_reconcile")).At("/other_prices").GetArrayLength());
    }
}
