using Apex.Usage.Prices;
using Apex.Usage.Tools;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tests.Tools;

public sealed class TokenDistributionToolTests
{
    [Fact]
    public async Task Azure_code_trace_has_the_published_medians()
    {
        await using var log = await ToolLog.WithAsync(SharedRows.AzureCode(), PriceBook.Empty);

        var answer = await log.RunAsync("token_distribution");

        // Patel et al., Splitwise, ISCA 2024, section 3: the coding service's median prompt is 1,500 tokens, its median answer 13.
        Assert.Equal(8_819, answer.Whole("/groups/0/requests"));
        Assert.Equal(1_500, answer.Number("/groups/0/input/percentiles/0/tokens"), 1_500 * 0.03);
        Assert.Equal(13, answer.Number("/groups/0/output/percentiles/0/tokens"), 1.0);
        Assert.Null(answer.At("/groups/0/cost_sides").GetRawText() == "null" ? null : "priced");
    }

    [Fact]
    public async Task Interval_of_a_percentile_is_a_pair_of_order_statistics()
    {
        // Prompts of 1 to 1,000 tokens: the order statistic of rank r is r.
        var calls = Enumerable.Range(1, 1_000).Select(i => CostBreakdownToolTests.Call(i, "gpt-4o", "2025-12-01T10:00:00Z", i, 10));
        await using var log = await ToolLog.WithAsync(calls);

        var answer = await log.RunAsync("token_distribution");

        // R: qbinom(c(0.025, 0.975), 1000, 0.5) + c(0, 1) = 469, 532.
        Assert.Equal(500.5, answer.Number("/groups/0/input/percentiles/0/tokens"));
        Assert.Equal(469, answer.Number("/groups/0/input/percentiles/0/low_tokens"));
        Assert.Equal(532, answer.Number("/groups/0/input/percentiles/0/high_tokens"));
        Assert.Equal(new Interval(469, 532), answer.Ci95!["/groups/0/input/percentiles/0/tokens"]);
    }

    [Theory]
    [InlineData(5, 0.5)]
    [InlineData(20, 0.99)]
    public void Too_few_rows_give_no_interval(long rows, double percentile) =>
        Assert.Null(OrderStatistics.Ranks(rows, percentile));

    [Fact]
    public void Exact_and_approximate_ranks_meet()
    {
        var exact = OrderStatistics.Ranks(2_000, 0.9)!.Value;
        var near = OrderStatistics.Ranks(2_001, 0.9)!.Value;

        Assert.True(Math.Abs(exact.Low - near.Low) <= 2 && Math.Abs(exact.High - near.High) <= 2, $"{exact} and {near}");
    }

    [Fact]
    public async Task Groups_have_their_own_distribution_and_cost_sides()
    {
        var calls = Enumerable.Range(0, 20).Select(i => CostBreakdownToolTests.Call(i, i < 12 ? "gpt-4o" : "o3", "2025-12-01T10:00:00Z", i < 12 ? 1_000 : 4_000, 100));
        await using var log = await ToolLog.WithAsync(calls);

        var answer = await log.RunAsync("token_distribution", """{"group_by": ["model"]}""");

        Assert.Equal("gpt-4o", answer.Text("/groups/0/keys/model"));
        Assert.Equal(4_000, answer.Number("/groups/1/input/percentiles/0/tokens"));
        // gpt-4o: 12 × 1,000 tokens at $2.50 and 12 × 100 at $10 per million.
        Assert.Equal(0.03m, answer.Usd("/groups/0/cost_sides/input_usd"));
        Assert.Equal(0.012m, answer.Usd("/groups/0/cost_sides/output_usd"));
        Assert.Equal([0, 0, 0, 0, 0, 12, 8, 0, 0, 0, 0, 0, 0, 0, 0], answer.At("/histogram/input_requests").EnumerateArray().Select(count => count.GetInt32()));
    }
}
