using Apex.Usage.Demo;
using Apex.Usage.Events;

namespace Apex.Usage.Tests.Tools;

public sealed class FixedOverheadToolTests
{
    [Fact]
    public async Task Shared_beginning_is_found_in_whole_blocks_and_priced_as_billed()
    {
        // Four shared blocks of 128; the third call reads 400 of its 512 fixed tokens from the cache.
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, 1_000), Call(2, 1_000), Call(3, 600) with { InCacheRead = 400 },
        ]);

        var answer = await log.RunAsync("fixed_overhead", """{"min_requests": 2}""");

        // gpt-4o: $2.50 plain, $1.25 read per million.
        Assert.Equal(3 * 512, answer.Whole("/fixed_tokens"));
        Assert.Equal(((512 + 512 + 112) * 2.5m + (400 * 1.25m)) / 1_000_000, answer.Usd("/fixed_usd"));
        Assert.Equal("blocks", answer.Text("/groups/0/basis"));
        Assert.Equal(512 * 3 / 3_000.0, answer.Number("/fixed_share"), 6);
    }

    [Fact]
    public async Task One_conversation_alone_does_not_pass_for_a_system_text()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 1_000) with { ConversationId = "c" }, Call(2, 1_000) with { ConversationId = "c" }]);

        var answer = await log.RunAsync("fixed_overhead", """{"min_requests": 2}""");

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Equal(2, answer.RowsExcludedByReason["no_fixed_part_known"]);
    }

    [Fact]
    public async Task Tool_set_that_no_answer_ever_called_is_named_with_its_cost()
    {
        var calls = Enumerable.Range(0, 6).Select(i => Call(i, 2_000) with
        {
            PrefixBlockHashes = null, ToolsHash = i < 3 ? "used" : "idle", ToolsTokens = 1_000, ToolCallCount = i == 1 ? 2 : 0,
        });
        await using var log = await ToolLog.WithAsync(calls);

        var answer = await log.RunAsync("fixed_overhead", """{"min_requests": 3}""");

        Assert.Equal(3 * 1_000 * 2.5m / 1_000_000, answer.Usd("/never_called_usd"));
        var idle = answer.Where("/groups", "tools_hash", "idle");
        Assert.True(idle.GetProperty("never_called").GetBoolean());
        Assert.False(answer.Where("/groups", "tools_hash", "used").GetProperty("never_called").GetBoolean());
        Assert.Equal("tools_tokens", idle.GetProperty("basis").GetString());
    }

    [Fact]
    public async Task Logs_that_tell_nothing_of_their_prompts_are_refused()
    {
        await using var log = await ToolLog.WithAsync(SharedRows.AzureCode().Take(300));

        var answer = await log.RunAsync("fixed_overhead");

        Assert.Contains("tools_hash", answer.Text("/reason"));
        Assert.Equal(300, answer.RowsExcludedByReason["no_fixed_part_known"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Planted_beginnings_and_the_unused_tools_are_found_exactly(int seed)
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = seed, Days = 8 }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("fixed_overhead");

        var found = answer.At("/groups").EnumerateArray()
            .Where(group => group.GetProperty("system_hash").GetString() is not null)
            .ToDictionary(group => group.GetProperty("feature").GetString()!, group => group.GetProperty("fixed_tokens").GetInt64());
        Assert.Equal(2_560, found["support_chat"]);
        Assert.Equal(6_144, found["code_assistant"]);
        Assert.Equal(512, found["document_search"]);
        Assert.Equal(1_024, found["nightly_summaries"]);
        // Support's tools are defined in every call and never called.
        var support = answer.Where("/groups", "feature", "support_chat");
        Assert.True(support.GetProperty("never_called").GetBoolean());
        var calls = rows.Count(row => row.Feature == "support_chat" && row.SystemHash is not null);
        Assert.Equal(calls * 1_024 * 2m / 1_000_000, answer.Usd("/never_called_usd"), 6);
    }

    private static UsageEvent Call(int id, long input) => CostBreakdownToolTests.Call(id, "gpt-4o", "2025-12-01T10:00:00Z", input, 10) with
    {
        Feature = "f", SystemHash = "s", PrefixBlockHashes = [1, 2, 3, 4, 100 + id, 200 + id, 300 + id, 400 + id], BlockSize = 128,
    };
}
