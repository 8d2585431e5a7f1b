using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Tools;

public sealed class CacheEffectivenessToolTests
{
    [Fact]
    public async Task Reads_save_writes_cost_and_the_difference_is_told()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1) with { InUncached = 0, InCacheWrite5m = 10_000 },
            Call(2) with { InUncached = 1_000, InCacheRead = 9_000 },
            Call(3) with { InUncached = 0, InCacheWrite1h = 2_000 },
            Call(4) with { InUncached = 5_000 },
            Call(5) with { InUncached = 500 },
        ]);

        var answer = await log.RunAsync("cache_effectiveness");

        // claude-sonnet-4-5 per million: $3 in, $0.30 read, $3.75 and $6 written.
        Assert.Equal(9_000 * 2.7m / 1_000_000, answer.Usd("/totals/read_saving_usd"));
        Assert.Equal(((10_000 * 0.75m) + (2_000 * 3m)) / 1_000_000, answer.Usd("/totals/write_premium_usd"));
        Assert.Equal(0.75, answer.Number("/totals/reads_per_written_token"));
        Assert.Equal(9_000 / 27_500.0, answer.Number("/totals/read_share"), 6);
        // The first, third and fourth are long enough and read nothing.
        Assert.Equal(3, answer.Whole("/totals/zero_read_requests"));
        Assert.Equal(((10_000 * 3.75m) + (2_000 * 6m) + (5_000 * 3m)) / 1_000_000, answer.Usd("/totals/zero_read_input_usd"));
        Assert.Equal(0, answer.Whole("/negative_caches"));
    }

    [Fact]
    public async Task Cache_that_costs_more_than_it_saves_is_named_first()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1) with { Feature = "good", InUncached = 0, InCacheWrite5m = 2_000 }, Call(2) with { Feature = "good", InUncached = 0, InCacheRead = 2_000 },
            Call(3) with { Feature = "bad", InUncached = 0, InCacheWrite5m = 4_000 }, Call(4) with { Feature = "bad", InUncached = 0, InCacheRead = 100 },
        ]);

        var answer = await log.RunAsync("cache_effectiveness");

        Assert.Equal(1, answer.Whole("/negative_caches"));
        Assert.Equal("bad", answer.Text("/groups/0/keys/feature"));
        Assert.Equal(((4_000 * 0.75m) - (100 * 2.7m)) / 1_000_000, answer.Usd("/lost_usd"));
        Assert.Equal(["e3"], answer.Evidence.SampleEventIds);
    }

    [Fact]
    public async Task Log_without_cached_tokens_says_that_nothing_was_read_or_nothing_logged()
    {
        await using var log = await ToolLog.WithAsync(SharedRows.AzureCode().Take(300));

        var answer = await log.RunAsync("cache_effectiveness");

        Assert.Equal(0.0, answer.Number("/totals/read_share"));
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("No row reports cached tokens"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Planted_loss_is_found_and_equals_a_sum_made_apart(int seed)
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = seed, Days = 14, WithPrefixHashes = false }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("cache_effectiveness");

        // Contracts are marked for five minutes and come every quarter of an hour; the code assistant's users read what they write.
        Assert.Equal(1, answer.Whole("/negative_caches"));
        Assert.Equal("contract_review", answer.Text("/groups/0/keys/feature"));
        var apart = rows.Where(row => row.Feature == "contract_review")
            .Sum(row => Cost(row) - Cost(row with { InUncached = row.InputTotal, InCacheRead = 0, InCacheWrite5m = 0 }));
        Assert.InRange(answer.Usd("/lost_usd") - apart, -0.0001m, 0.0001m);
        var code = answer.At("/groups").EnumerateArray().Single(group => group.GetProperty("keys").GetProperty("feature").GetString() == "code_assistant");
        Assert.True(code.GetProperty("use").GetProperty("net_saving_usd").GetDecimal() > 0);
        Assert.True(code.GetProperty("use").GetProperty("zero_read_requests").GetInt64() > 1_000);
    }

    [Fact]
    public async Task Well_used_caches_raise_no_alarm()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var rows = DemoOrganisation.Generate(new DemoOptions { Seed = seed, Days = 2, WithPrefixHashes = false }).Where(row => row.Feature != "contract_review");
            await using var log = await ToolLog.WithAsync(rows);

            var answer = await log.RunAsync("cache_effectiveness");

            Assert.Equal(0, answer.Whole("/negative_caches"));
            Assert.Equal(0m, answer.Usd("/lost_usd"));
        }
    }

    private static decimal Cost(UsageEvent call) => PriceBook.Builtin.Price(call).List!.Value.Dollars;

    private static UsageEvent Call(int id) => CostBreakdownToolTests.Call(id, "claude-sonnet-4-5", $"2025-12-01T10:0{id}:00Z", 0, 10) with { Feature = "f" };
}
