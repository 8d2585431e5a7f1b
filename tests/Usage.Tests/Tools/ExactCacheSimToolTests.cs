using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

public sealed class ExactCacheSimToolTests
{
    // gpt-4o-mini from 2024-10-01: $0.15 in, $0.60 out per million tokens. 1,000 in and 100 out cost $0.00021.
    private const decimal OneCall = 0.00021m;

    [Fact]
    public async Task Repeats_within_the_lifetime_are_saved_and_later_ones_are_not()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Ask(1, "a", "10:00"), Ask(2, "a", "10:30"), Ask(3, "b", "10:31"), Ask(4, "a", "11:10"), Ask(5, "a", "11:15"),
        ]);

        var answer = await log.RunAsync("exact_cache_sim", """{"ttl_minutes": 60}""");
        var renewed = await log.RunAsync("exact_cache_sim", """{"ttl_minutes": 60, "renews": "on_use"}""");

        // Stored at 10:00, hit at 10:30, expired and stored anew at 11:10, hit at 11:15.
        Assert.Equal(2, answer.Whole("/hits"));
        Assert.Equal(2 * OneCall, answer.Usd("/saved_usd"));
        Assert.Equal(0.4, answer.Number("/hit_share"));
        // The hit at 10:30 renews it until 11:30.
        Assert.Equal(3, renewed.Whole("/hits"));
        Assert.Equal("a", answer.Text("/top_prompts/0/prompt_hash"));
        // Calls of two seconds, each hit less 5 ms of look-up.
        Assert.Equal(2 * 1_995.0, answer.Number("/latency/total_ms"));
    }

    [Fact]
    public async Task Whatever_shapes_the_answer_makes_another_key()
    {
        var one = Ask(0, "a", "10:00");
        UsageEvent[] others =
        [
            one with { RequestModel = "gpt-4o" }, one with { Seed = 7 }, one with { TopP = 0.5 }, one with { SystemHash = "s" },
            one with { MaxOutputRequested = 9 }, one with { ToolsHash = "t", ToolCallCount = 0 }, one with { ChoiceCount = 2 }, one with { Operation = "text_completion" },
        ];
        await using var log = await ToolLog.WithAsync(others.Prepend(one).Select((call, i) => call with { EventId = $"e{i}", SourceId = $"{i}" }));

        var answer = await log.RunAsync("exact_cache_sim");

        Assert.Equal(0, answer.Whole("/hits"));
        Assert.Equal(9, answer.Whole("/distinct_keys"));
    }

    [Fact]
    public async Task Calls_a_cache_must_not_serve_are_left_out_with_their_reason()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Ask(1, "a", "10:00"), Ask(2, "a", "10:01") with { Temperature = 0.7 }, Ask(3, "a", "10:02") with { Temperature = null },
            Ask(4, "a", "10:03") with { Status = CallStatus.Error }, Ask(5, "a", "10:04") with { ToolCallCount = 2 },
            Ask(6, "a", "10:05") with { ToolsHash = "t" }, Ask(7, "a", "10:06") with { PromptHash = null }, Ask(8, "a", "10:07") with { OutVisible = 0 },
        ]);

        var answer = await log.RunAsync("exact_cache_sim");

        Assert.Equal(1, answer.Whole("/eligible_requests"));
        Assert.Equal(0, answer.Whole("/hits"));
        Assert.Equal(
            ["calls_tools 1", "no_prompt_hash 1", "not_successful 2", "temperature_above_zero 1", "temperature_unknown 1", "tool_calls_unknown 1"],
            answer.RowsExcludedByReason.Select(pair => $"{pair.Key} {pair.Value}").Order());
        Assert.Equal(1, answer.RowsUsed);
    }

    [Fact]
    public async Task Scope_of_a_user_serves_nobody_anothers_answer()
    {
        await using var log = await ToolLog.WithAsync(
            [Ask(1, "a", "10:00"), Ask(2, "a", "10:01") with { UserId = "u2" }, Ask(3, "a", "10:02") with { UserId = "u2" }, Ask(4, "a", "10:03") with { UserId = null }]);

        var shared = await log.RunAsync("exact_cache_sim");
        var apart = await log.RunAsync("exact_cache_sim", """{"scope": "user"}""");

        Assert.Equal(3, shared.Whole("/hits"));
        Assert.Contains(shared.Caveats, caveat => caveat.Contains("One user's answer is served to another"));
        Assert.Equal(1, apart.Whole("/hits"));
        Assert.Equal(1, apart.RowsExcludedByReason["no_user"]);
    }

    [Fact]
    public async Task Store_cost_is_taken_off_the_saving()
    {
        await using var log = await ToolLog.WithAsync([Ask(1, "a", "10:00"), Ask(2, "a", "10:01")]);

        var answer = await log.RunAsync("exact_cache_sim", """{"store_usd_per_month": 30}""");

        Assert.Equal(1m, answer.Usd("/store_usd"));
        Assert.Equal(OneCall - 1, answer.Usd("/net_saving_usd"));
        Assert.Equal((OneCall * 30) - 30, answer.Usd("/saving_per_month_usd"));
    }

    [Fact]
    public async Task Logs_that_cannot_answer_are_refused_with_what_would_help()
    {
        await using var bare = await ToolLog.WithAsync(SharedRows.AzureCode().Take(300));
        await using var warm = await ToolLog.WithAsync([Ask(1, "a", "10:00") with { Temperature = 1 }, Ask(2, "a", "10:01") with { Temperature = 1 }]);

        var hashless = await bare.RunAsync("exact_cache_sim");
        var refused = await warm.RunAsync("exact_cache_sim");
        var accepted = await warm.RunAsync("exact_cache_sim", """{"temperature": "any"}""");

        Assert.Contains("prompt_hash", hashless.Text("/reason"));
        Assert.Equal(300, hashless.RowsExcludedByReason["no_prompt_hash"]);
        Assert.Contains("2 temperature_above_zero", refused.Text("/reason"));
        Assert.Equal(1, accepted.Whole("/hits"));
        Assert.Equal(Grade.D, accepted.Grade);
    }

    [Fact]
    public async Task Planted_repeats_are_found_and_equal_a_count_made_apart()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = 5, Days = 15, Scale = 0.4 }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("exact_cache_sim", """{"ttl_minutes": 0, "capacity_entries": 0}""");

        // Without limits every repeat after the first is a hit. Popular questions are a quarter of document search.
        var eligible = rows.Where(row => row is { Status: CallStatus.Success, Temperature: 0, PromptHash: not null } && row.OutputTotal > 0).ToList();
        var repeats = eligible.GroupBy(row => (row.PromptHash, row.RequestModel)).Sum(group => group.Count() - 1);
        Assert.Equal(repeats, answer.Whole("/hits"));
        Assert.Equal(eligible.Count, answer.Whole("/eligible_requests"));
        var share = answer.Where("/features", "feature", "document_search").GetProperty("hit_share").GetDouble();
        Assert.InRange(share, 0.12, 0.25);
        Assert.True(answer.Ci95!["/saving_per_month_usd"].Low > 0);
        Assert.Equal(Grade.B, answer.Grade);
    }

    [Fact]
    public async Task Logs_without_repeats_show_no_saving()
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            var rows = DemoOrganisation.Generate(new DemoOptions { Seed = seed, Days = 3, Scale = 0.3, WithPrefixHashes = false })
                .Where(row => row.PromptNormHash is null);
            await using var log = await ToolLog.WithAsync(rows);

            var answer = await log.RunAsync("exact_cache_sim", """{"temperature": "any"}""");

            Assert.Equal(0, answer.Whole("/hits"));
            Assert.Equal(0m, answer.Usd("/saved_usd"));
        }
    }

    private static UsageEvent Ask(int id, string prompt, string time) =>
        CostBreakdownToolTests.Call(id, "gpt-4o-mini", $"2025-12-01T{time}:00Z", 1_000, 100) with
        {
            PromptHash = prompt, Temperature = 0, EndedAt = DateTimeOffset.Parse($"2025-12-01T{time}:02Z"),
        };
}
