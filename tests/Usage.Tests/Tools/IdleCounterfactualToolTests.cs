using Apex.Usage.Demo;
using Apex.Usage.Events;

namespace Apex.Usage.Tests.Tools;

public sealed class IdleCounterfactualToolTests
{
    [Fact]
    public async Task Tokens_paid_again_after_a_pause_are_priced_as_reads()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, "10:00") with { InCacheWrite5m = 10_000 },
            Call(2, "10:02") with { InCacheRead = 10_000, InCacheWrite5m = 500 },
            Call(3, "10:30") with { InCacheWrite5m = 11_000 },
            Call(4, "11:30") with { InCacheRead = 2_000, InCacheWrite5m = 9_100 },
        ]);

        var answer = await log.RunAsync("idle_counterfactual");

        // After 28 minutes 11,000 were written, 500 of them new; after an hour 9,100, of them 100 new.
        Assert.Equal(2, answer.Whole("/idle_steps"));
        Assert.Equal(10_500 + 9_000, answer.Whole("/shifted_tokens"));
        Assert.Equal(19_500 * (3.75m - 0.3m) / 1_000_000, answer.Usd("/upper_bound_usd"));
        Assert.Equal(1, answer.Whole("/pauses/1/steps"));
        Assert.Equal(["e3", "e4"], answer.Evidence.SampleEventIds);
    }

    [Fact]
    public async Task Steps_of_a_program_and_short_pauses_and_uncached_talks_do_not_count()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, "10:00") with { InCacheWrite5m = 10_000 },
            Call(2, "10:04") with { InCacheWrite5m = 10_000 },
            Call(3, "10:40") with { InCacheWrite5m = 10_000, ParentEventId = "e2" },
            Call(4, "10:00") with { InUncached = 9_000, ConversationId = "plain" },
            Call(5, "10:50") with { InUncached = 9_000, ConversationId = "plain" },
        ]);

        var answer = await log.RunAsync("idle_counterfactual");

        Assert.Equal(0, answer.Whole("/idle_steps"));
        Assert.Equal(0m, answer.Usd("/upper_bound_usd"));
    }

    [Fact]
    public async Task Logs_without_conversations_or_caches_are_refused()
    {
        await using var bare = await ToolLog.WithAsync(SharedRows.AzureCode().Take(100));
        await using var plain = await ToolLog.WithAsync([Call(1, "10:00") with { InUncached = 9_000 }]);

        Assert.Contains("conversation_id", (await bare.RunAsync("idle_counterfactual")).Text("/reason"));
        Assert.Contains("prefix_cache_sim", (await plain.RunAsync("idle_counterfactual")).Text("/reason"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Planted_pauses_are_found_and_equal_a_sum_made_apart(int seed)
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = seed, Days = 14, WithPrefixHashes = false }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("idle_counterfactual");

        var (steps, bound) = (0, 0m);
        foreach (var talk in rows.Where(row => row is { Status: CallStatus.Success, Feature: "code_assistant", ConversationId: not null }).GroupBy(row => row.ConversationId))
        {
            var turns = talk.OrderBy(row => row.StartedAt).ToList();
            for (var i = 1; i < turns.Count; i++)
            {
                var (last, now) = (turns[i - 1], turns[i]);
                if (now.ParentEventId is not null || now.StartedAt - last.EndedAt!.Value <= TimeSpan.FromMinutes(5) || last.InCacheRead + last.InCacheWrite5m == 0)
                    continue;
                steps++;
                var append = now.InUncached + now.InCacheWrite5m;
                bound += (append - Math.Min(append, Math.Max(0, now.InputTotal - last.InputTotal))) * (3.75m - 0.3m) / 1_000_000;
            }
        }

        Assert.True(steps > 30);
        Assert.Equal(steps, answer.Whole("/idle_steps"));
        Assert.Equal(bound, answer.Usd("/upper_bound_usd"));
    }

    [Fact]
    public async Task Talks_without_pauses_lose_nothing()
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            var number = seed;
            await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 20).Select(i =>
                Call(i, $"10:{(i * 2) + (number % 2):00}") with { InCacheRead = i == 0 ? 0 : 1_000 * i, InCacheWrite5m = 1_000 }));

            Assert.Equal(0m, (await log.RunAsync("idle_counterfactual")).Usd("/upper_bound_usd"));
        }
    }

    private static UsageEvent Call(int id, string time) =>
        CostBreakdownToolTests.Call(id, "claude-sonnet-4-5", $"2025-12-01T{time}:00Z", 0, 10) with { ConversationId = "c", Feature = "f" };
}
