using Apex.Usage.Demo;
using Apex.Usage.Events;

namespace Apex.Usage.Tests.Tools;

public sealed class ConversationGrowthToolTests
{
    private const decimal In = 2.5e-6m;
    private const decimal Out = 10e-6m;

    // gpt-4o. Each turn brings 100 new tokens and an answer of 50: 1,000, 1,150, 1,300, 1,450.
    private static readonly long[] Inputs = [1_000, 1_150, 1_300, 1_450];

    [Fact]
    public async Task What_was_sent_before_is_told_from_what_is_new()
    {
        await using var log = await ToolLog.WithAsync(Talk());

        var answer = await log.RunAsync("conversation_growth");

        Assert.Equal(4_900 - 1_000 - 300, answer.Whole("/resent_tokens"));
        Assert.Equal(3_600 / 4_900.0, answer.Number("/redundancy_share"), 6);
        Assert.Equal(3_600 * In, answer.Usd("/resent_usd"));
        Assert.Equal(4, answer.At("/by_turn").GetArrayLength());
        Assert.Equal(0, answer.Whole("/shrunk_turns"));
    }

    [Fact]
    public async Task Keeping_the_last_turns_keeps_the_first_and_drops_the_middle()
    {
        await using var log = await ToolLog.WithAsync(Talk());

        var answer = await log.RunAsync("conversation_growth", """{"keep_turns": [1, 2, 9], "summarise_at_tokens": []}""");

        // Last one: 1,000 and then first turn + new words: 1,100 three times. Saved 50 + 200 + 350.
        Assert.Equal(4_300, answer.Whole("/policies/0/input_tokens"));
        Assert.Equal(600 * In, answer.Usd("/policies/0/saving_usd"));
        Assert.Equal(3, answer.Whole("/policies/0/turns_touched"));
        // Last two: the turn before stays: 1,000 + 50, then 1,000 + (100 + 50) + 100.
        Assert.Equal(1_000 + 1_150 + 1_250 + 1_250, answer.Whole("/policies/1/input_tokens"));
        Assert.Equal(0m, answer.Usd("/policies/2/saving_usd"));
    }

    [Fact]
    public async Task Summaries_are_charged_and_the_talk_goes_on_from_them()
    {
        await using var log = await ToolLog.WithAsync(Talk());

        var answer = await log.RunAsync("conversation_growth", """{"keep_turns": [], "summarise_at_tokens": [1200], "summary_tokens": 40}""");

        // Turn 3 would hold 1,300: its history of 200 becomes 40, so 1,140. Turn 4 would hold 1,000 + 190 + 100: 190 becomes 40, so 1,140.
        Assert.Equal(2, answer.Whole("/policies/0/summaries"));
        Assert.Equal(((200 + 190) * In) + (80 * Out), answer.Usd("/policies/0/summary_usd"));
        Assert.Equal(((160 + 310) * In) - ((390 * In) + (80 * Out)), answer.Usd("/policies/0/saving_usd"));
    }

    [Fact]
    public async Task Trimming_breaks_the_cache_and_can_cost_more_than_it_saves()
    {
        // Every turn reads what the last one sent at $0.30 and writes the rest at $3.75 per million.
        var cached = Talk().Select((call, i) => call with
        {
            RequestModel = "claude-sonnet-4-5", InUncached = 0, InCacheRead = i == 0 ? 0 : Inputs[i - 1], InCacheWrite5m = Inputs[i] - (i == 0 ? 0 : Inputs[i - 1]),
        });
        await using var log = await ToolLog.WithAsync(cached);

        var answer = await log.RunAsync("conversation_growth", """{"keep_turns": [2], "summarise_at_tokens": []}""");

        // Turn 3: 1,000 read and 250 written, where 1,150 were read and 150 written; turn 4 likewise against 1,300 and 150.
        var saved = ((1_150 * 0.3m) + (150 * 3.75m) - (1_000 * 0.3m) - (250 * 3.75m) + (1_300 * 0.3m) + (150 * 3.75m) - (1_000 * 0.3m) - (250 * 3.75m)) / 1_000_000;
        Assert.True(saved < 0);
        Assert.Equal(saved, answer.Usd("/policies/0/saving_usd"));
    }

    [Fact]
    public async Task Logs_without_conversations_and_talks_of_one_turn_are_refused()
    {
        await using var bare = await ToolLog.WithAsync(SharedRows.AzureCode().Take(100));
        await using var single = await ToolLog.WithAsync(Talk().Take(1));

        Assert.Contains("conversation_id", (await bare.RunAsync("conversation_growth")).Text("/reason"));
        Assert.Contains("nothing to trim", (await single.RunAsync("conversation_growth")).Text("/reason"));
    }

    [Fact]
    public async Task Redundancy_of_the_demonstration_equals_a_sum_made_apart()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = 3, Days = 15, Scale = 0.5, WithPrefixHashes = false }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("conversation_growth");

        long resent = 0;
        foreach (var talk in rows.Where(row => row.Status == CallStatus.Success && row.ConversationId is not null).GroupBy(row => row.ConversationId))
        {
            var turns = talk.OrderBy(row => row.StartedAt).ToList();
            for (var i = 1; i < turns.Count; i++)
                resent += turns[i].InputTotal - Math.Clamp(turns[i].InputTotal - turns[i - 1].InputTotal - turns[i - 1].OutputTotal, 0, turns[i].InputTotal);
        }

        Assert.Equal(resent, answer.Whole("/resent_tokens"));
        Assert.True(answer.Number("/redundancy_share") > 0.3);
        var savings = answer.At("/policies").EnumerateArray().Where(policy => policy.GetProperty("policy").GetString() == "keep_last")
            .Select(policy => policy.GetProperty("input_tokens").GetInt64()).ToList();
        Assert.Equal(savings.Order(), savings);
    }

    private static IEnumerable<UsageEvent> Talk() => Inputs.Select((input, i) =>
        CostBreakdownToolTests.Call(i, "gpt-4o", $"2025-12-01T10:0{i}:00Z", input, 50) with { ConversationId = "c1", Feature = "chat" });
}
