using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

public sealed class ReasoningShareToolTests
{
    // gpt-5: $1.25 in, $10 out per million; reasoning is billed as output.
    private const decimal Out = 10e-6m;

    [Fact]
    public async Task Reasoning_is_priced_and_the_cheapest_measured_effort_gives_the_saving()
    {
        await using var log = await ToolLog.WithAsync(
            [.. Calls(0, 40, "high", 900), .. Calls(100, 40, "low", 100), .. Calls(200, 5, "minimal", 1)]);

        var answer = await log.RunAsync("reasoning_share");

        Assert.Equal((40 * 900) + (40 * 100) + 5, answer.Whole("/reasoning_tokens"));
        Assert.Equal(40_005 * Out, answer.Usd("/reasoning_usd"));
        // Minimal has too few calls to be compared.
        Assert.Equal("low", answer.Text("/groups/0/cheapest_effort"));
        Assert.Equal(40 * 800 * Out, answer.Usd("/saving_usd"));
        Assert.Equal(0.5, answer.Number("/groups/0/efforts/0/mean_quality"));
    }

    [Fact]
    public async Task Saving_counts_only_the_features_asked_about()
    {
        await using var log = await ToolLog.WithAsync(
            [.. Calls(0, 40, "high", 900), .. Calls(100, 40, "low", 100), .. Calls(200, 40, "high", 500, "g"), .. Calls(300, 40, "low", 100, "g")]);

        var answer = await log.RunAsync("reasoning_share", """{"features": ["g"]}""");

        Assert.Equal(40 * 400 * Out, answer.Usd("/saving_usd"));
        await Assert.ThrowsAsync<ToolArgumentException>(() => log.RunAsync("reasoning_share", """{"features": ["g"], "group_by": ["model"]}"""));
    }

    [Fact]
    public async Task Without_logged_effort_no_saving_is_told()
    {
        await using var log = await ToolLog.WithAsync(Calls(0, 80, null, 900));

        var answer = await log.RunAsync("reasoning_share");

        Assert.False(answer.At("/effort_is_logged").GetBoolean());
        Assert.Equal(0m, answer.Usd("/saving_usd"));
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("reasoning_effort"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Planted_effort_levels_are_found_with_a_saving_near_the_truth(int seed)
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = seed, Days = 30, WithPrefixHashes = false }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("reasoning_share");

        var marketing = answer.At("/groups").EnumerateArray().Single(group => group.GetProperty("keys").GetProperty("feature").GetString() == "marketing_drafts");
        Assert.Equal("low", marketing.GetProperty("cheapest_effort").GetString());
        // Low effort is planted to spend 45 % less output; runaways among a few thousand answers blur the means.
        var high = rows.Where(row => row.Tags.GetValueOrDefault("reasoning_effort") == "high" && row.FinishReason != "content_filter").Sum(row => row.OutputTotal) * Out;
        Assert.InRange(marketing.GetProperty("saving_usd").GetDecimal(), 0.25m * high, 0.60m * high);
    }

    [Fact]
    public async Task Efforts_that_cost_the_same_give_next_to_no_saving()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            await using var log = await ToolLog.WithAsync([.. Calls(0, 50, "high", 100 + seed), .. Calls(100, 50, "low", 100 + seed)]);

            Assert.Equal(0m, (await log.RunAsync("reasoning_share")).Usd("/saving_usd"));
        }
    }

    private static IEnumerable<UsageEvent> Calls(int from, int count, string? effort, long reasoning, string feature = "f") => Enumerable.Range(from, count).Select(i =>
        CostBreakdownToolTests.Call(i, "gpt-5", "2025-12-01T10:00:00Z", 100, 50) with
        {
            OutReasoning = reasoning, Feature = feature, QualityScore = 0.5,
            Tags = effort is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["reasoning_effort"] = effort },
        });
}
