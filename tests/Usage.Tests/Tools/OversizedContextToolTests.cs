using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Tools;

public sealed class OversizedContextToolTests
{
    [Fact]
    public async Task Crossing_a_price_threshold_costs_the_difference_to_the_threshold()
    {
        // claude-sonnet-4-5 above 200k: $6 and $22.5 for the whole call instead of $3 and $15 per million.
        await using var log = await ToolLog.WithAsync([Call(1, "claude-sonnet-4-5", 250_000, 1_000), Call(2, "claude-sonnet-4-5", 200_000, 1_000)]);

        var answer = await log.RunAsync("oversized_context");

        var excess = ((250_000 * 6m) + (1_000 * 22.5m) - (200_000 * 3m) - (1_000 * 15m)) / 1_000_000;
        Assert.Equal(1, answer.Whole("/tier_crossing/requests"));
        Assert.Equal(excess, answer.Usd("/tier_crossing/excess_usd"));
        Assert.Equal(200_000, answer.Whole("/tier_crossing/tiers/0/above_tokens"));
        Assert.Equal(excess, answer.Usd("/at_stake_usd"));
        Assert.Equal(["e1"], answer.Evidence.SampleEventIds);
    }

    [Fact]
    public async Task Prompts_near_the_models_limit_are_counted_and_unknown_limits_said()
    {
        // gpt-4o-mini takes 128,000 tokens.
        await using var log = await ToolLog.WithAsync(
            [Call(1, "gpt-4o-mini", 102_399, 10), Call(2, "gpt-4o-mini", 102_400, 10), Call(3, "gpt-4o-mini", 130_000, 10), Call(4, "nobody-knows", 900_000, 10)]);

        var answer = await log.RunAsync("oversized_context");

        Assert.Equal((2L, 1L, 1L), (answer.Whole("/near_limit/requests"), answer.Whole("/near_limit/over_limit_requests"), answer.Whole("/near_limit/unknown_limit_requests")));
        Assert.Equal(((232_400 * 0.15m) + (20 * 0.6m)) / 1_000_000, answer.Usd("/near_limit/cost_usd"));
    }

    [Fact]
    public async Task Long_prompt_for_a_short_answer_stakes_the_input_beyond_the_median()
    {
        var usual = Enumerable.Range(1, 9).Select(i => Call(i, "gpt-4o-mini", 1_000, 100));
        await using var log = await ToolLog.WithAsync(
            [.. usual, Call(20, "gpt-4o-mini", 9_000, 50), Call(21, "gpt-4o-mini", 9_000, 400), Call(22, "gpt-4o-mini", 4_000, 50)]);

        var answer = await log.RunAsync("oversized_context");

        // Above four times the median and a shorter answer than usual: only the first. 8,000 tokens at $0.15 per million.
        Assert.Equal(1, answer.Whole("/unbalanced/requests"));
        Assert.Equal(8_000 * 0.15m / 1_000_000, answer.Usd("/unbalanced/excess_usd"));
        Assert.Equal("unbalanced", answer.Text("/rows/0/reasons/0"));
    }

    [Fact]
    public async Task Planted_documents_are_all_found_and_their_money_equals_a_sum_made_apart()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = 2, Days = 20, WithPrefixHashes = false }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("oversized_context");

        var planted = rows.Where(row => row is { Feature: "document_search", InputTotal: >= 102_400 }).ToList();
        Assert.True(planted.Count > 5);
        Assert.Equal(planted.Count, answer.Whole("/near_limit/requests"));
        Assert.Equal(planted.Sum(row => PriceBook.Builtin.Price(row).List!.Value.Dollars), answer.Usd("/near_limit/cost_usd"));
    }

    [Fact]
    public async Task Ordinary_prompts_raise_nothing()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var number = seed;
            await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 300).Select(i => Call(i, "gpt-4o-mini", 1_000 + (i * 7 * number % 900), 100)));

            var answer = await log.RunAsync("oversized_context");

            Assert.Equal(0m, answer.Usd("/at_stake_usd"));
            Assert.Empty(answer.At("/rows").EnumerateArray());
        }
    }

    private static UsageEvent Call(int id, string model, long input, long output) =>
        CostBreakdownToolTests.Call(id, model, "2025-12-01T10:00:00Z", input, output) with { Feature = "f" };
}
