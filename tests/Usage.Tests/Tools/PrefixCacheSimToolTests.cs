using System.Text.Json;
using Apex.Usage.Prices;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

public sealed class PrefixCacheSimToolTests
{
    [Fact]
    public async Task Mooncake_conversation_trace_gives_the_published_figures()
    {
        await using var log = await ToolLog.WithAsync(SharedRows.Mooncake(), PriceBook.Empty);
        var answer = await log.RunAsync("prefix_cache_sim", """{"profile": "engine"}""");

        // Qin et al., Mooncake, FAST 2025, table 1: conversation, 12,031 requests, 12,035 input and 343 output tokens on
        // average, cache ratio 40 %. The released blocks are whole 512 tokens, so by full blocks 1.8 points are lost. The shares
        // were computed apart by a few lines of Python over the file.
        Assert.Equal(12_031, answer.Whole("/requests"));
        Assert.Equal(12_035, answer.Number("/mean_input_tokens"), 1.0);
        Assert.Equal(343, answer.Number("/mean_output_tokens"), 1.0);
        Assert.Equal(0.381900, answer.Number("/hit_shares/full_block_share"));
        Assert.Equal(0.373624, answer.Number("/hit_shares/token_share"));
        Assert.Equal(0.366412, answer.Number("/hit_shares/all_block_share"));
        Assert.Equal(182_790, answer.Whole("/distinct_blocks"));
        Assert.Equal(JsonValueKind.Null, answer.At("/money").ValueKind);
    }

    [Fact]
    public async Task Assumed_price_gives_money_and_a_lower_grade()
    {
        await using var log = await ToolLog.WithAsync(SharedRows.Mooncake().Take(3_000));

        var openai = await log.RunAsync("prefix_cache_sim", """{"profile": "openai", "price_model": "gpt-4o"}""");
        var anthropic = await log.RunAsync("prefix_cache_sim", """{"profile": "anthropic_5m", "price_model": "claude-sonnet-4-5"}""");

        var read = openai.Whole("/tokens/read_tokens");
        Assert.Equal(read * 1.25m / 1_000_000, openai.Usd("/money/saving_usd"));
        Assert.Equal(Grade.D, openai.Grade);
        Assert.Contains(openai.Assumptions, assumption => assumption.Contains("gpt-4o"));
        // $3 plain, $0.30 read, $3.75 written per million tokens, all below the long-context threshold.
        var (hit, written) = (anthropic.Whole("/tokens/read_tokens"), anthropic.Whole("/tokens/written_tokens"));
        Assert.Equal(((hit * 2.7m) - (written * 0.75m)) / 1_000_000, anthropic.Usd("/money/saving_usd"));
    }

    [Fact]
    public async Task Log_without_hashes_is_refused_with_what_to_log()
    {
        await using var log = await ToolLog.WithAsync(SharedRows.AzureCode().Take(500));

        var answer = await log.RunAsync("prefix_cache_sim");

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains("prefix_block_hashes", answer.Text("/reason"));
        Assert.Equal(0, answer.RowsUsed);
        Assert.Equal(500, answer.RowsExcludedByReason["no_prefix_hashes"]);
    }

    [Fact]
    public async Task Tool_definitions_alone_give_a_lower_bound()
    {
        var calls = Enumerable.Range(0, 10).Select(i =>
            CostBreakdownToolTests.Call(i, "gpt-4o", $"2025-12-01T10:0{i}:00Z", 3_000, 10) with { ToolsHash = "t", ToolsTokens = 2_000 });
        await using var log = await ToolLog.WithAsync(calls);

        var answer = await log.RunAsync("prefix_cache_sim");

        Assert.Equal("tools_hash", answer.Text("/basis"));
        // Nine reuses of 2,000 tokens, in steps of 128.
        Assert.Equal(9 * 1_920, answer.Whole("/tokens/read_tokens"));
    }

    [Fact]
    public async Task Saving_is_what_is_gained_over_the_cache_already_in_use()
    {
        // Ten equal prompts a minute apart; the log shows that every second one was read from a cache already.
        var calls = Enumerable.Range(0, 10).Select(i =>
            CostBreakdownToolTests.Call(i, "gpt-4o", $"2025-12-01T10:0{i}:00Z", i % 2 == 0 ? 2_048 : 0, 10) with
            {
                InCacheRead = i % 2 == 0 ? 0 : 2_048, PrefixBlockHashes = [.. Enumerable.Range(1, 16).Select(block => (long)block)], BlockSize = 128,
            });
        await using var log = await ToolLog.WithAsync(calls);

        var answer = await log.RunAsync("prefix_cache_sim");

        // $2.50 plain and $1.25 read per million: five plain and five read in the log, one plain and nine read in the replay.
        Assert.Equal(10 * 2_048 * 2.5m / 1_000_000, answer.Usd("/money/plain_input_usd"));
        Assert.Equal(5 * 2_048 * 3.75m / 1_000_000, answer.Usd("/money/logged_input_usd"));
        Assert.Equal(4 * 2_048 * 1.25m / 1_000_000, answer.Usd("/money/saving_usd"));
        Assert.Contains(answer.Assumptions, assumption => assumption.Contains("already"));
    }
}
