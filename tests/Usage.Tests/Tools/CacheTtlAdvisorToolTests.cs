using System.Globalization;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools;
using Apex.Usage.Tools.CacheTtlAdvisor;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Tools;

public sealed class CacheTtlAdvisorToolTests
{
    // claude-sonnet-4-5: $3 in, $0.30 read, $3.75 written for five minutes, $6 for an hour, per million tokens.
    private const decimal In = 3e-6m;
    private const decimal Read = 0.3e-6m;
    private const decimal Five = 3.75e-6m;
    private const decimal Hour = 6e-6m;

    [Fact]
    public async Task Gaps_are_counted_and_each_choice_is_priced()
    {
        await using var log = await ToolLog.WithAsync(Calls(0, 3, 20, 100, 101));

        var answer = await log.RunAsync("cache_ttl_advisor");

        // 2,048 shared tokens: new at 0 and 100, one gap of 17 minutes, two within five minutes.
        Assert.Equal(2_048, answer.Whole("/prefixes/0/prefix_tokens"));
        Assert.Equal((3L, 2L, 1L), (answer.Whole("/prefixes/0/writes_five_minutes"), answer.Whole("/prefixes/0/writes_one_hour"), answer.Whole("/prefixes/0/middle_gaps")));
        Assert.Equal(5 * 2_048 * In, answer.Usd("/none_usd"));
        Assert.Equal((3 * 2_048 * Five) + (2 * 2_048 * Read), answer.Usd("/five_minutes_usd"));
        Assert.Equal((2 * 2_048 * Hour) + (3 * 2_048 * Read), answer.Usd("/one_hour_usd"));
        // Anthropic's ratios: 0.25 / 0.9, and 0.75 / 1.15 in the catalogue's words: (2 − 1.25) / (1.25 − 0.1).
        Assert.Equal(0.278, answer.Number("/prefixes/0/pays_above"));
        Assert.Equal(0.652, answer.Number("/prefixes/0/hour_beats_above"));
        Assert.Equal("5m", answer.Text("/prefixes/0/choice"));
        Assert.Equal("none", answer.Text("/prefixes/0/logged"));
        Assert.Equal(answer.Usd("/none_usd") - answer.Usd("/five_minutes_usd"), answer.Usd("/wrong_choice_usd"));
    }

    [Theory]
    [InlineData("none", 0, 70, 140, 210, 280)]
    [InlineData("5m", 0, 1, 2, 3, 4)]
    [InlineData("1h", 0, 20, 40, 60, 80)]
    public async Task Cheapest_choice_follows_the_gaps(string choice, params int[] minutes)
    {
        await using var log = await ToolLog.WithAsync(Calls(minutes));

        var answer = await log.RunAsync("cache_ttl_advisor");

        Assert.Equal(choice, answer.Text("/prefixes/0/choice"));
        Assert.Equal(Math.Min(answer.Usd("/none_usd"), Math.Min(answer.Usd("/five_minutes_usd"), answer.Usd("/one_hour_usd"))), answer.Usd("/best_usd"));
    }

    [Fact]
    public void Costs_equal_a_cache_played_call_by_call_and_the_thresholds_hold()
    {
        var units = PriceBook.Builtin.Units(Calls(0)[0])!;
        Prop.ForAll(Gen.Choose(0, 90).ListOf(40).ToArbitrary(), gaps =>
        {
            var counts = new ReuseCounts();
            var (five, hour) = (0m, 0m);
            for (var i = 0; i < gaps.Count; i++)
            {
                long? age = i == 0 ? null : TimeSpan.FromMinutes(gaps[i]).Ticks;
                counts.Add(age, 1);
                five += i > 0 && gaps[i] <= 5 ? 1_000 * Read : 1_000 * Five;
                hour += i > 0 && gaps[i] <= 60 ? 1_000 * Read : 1_000 * Hour;
            }

            var costs = counts.Costs(units, 1_000);
            // The two rules of thumb as the vendor's ratios give them.
            var fivePays = counts.Soon > 0.25 / 0.9 * (counts.New + counts.Middle);
            var hourBeats = counts.Middle > 0.75 / 1.15 * counts.New;
            return costs == (gaps.Count * 1_000 * In, five, hour)
                && (counts.All == 0 || (fivePays == costs.Five < costs.None && hourBeats == costs.Hour < costs.Five));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Short_prefixes_and_models_without_a_choice_are_left_alone()
    {
        await using var shorter = await ToolLog.WithAsync(Calls(0, 1, 2, 3).Select(call => call with { PrefixBlockHashes = [1, 2, 100 + call.StartedAt.Minute], InUncached = 300 }));
        await using var other = await ToolLog.WithAsync(Calls(0, 1, 2).Select(call => call with { RequestModel = "gpt-4o" }));
        await using var bare = await ToolLog.WithAsync(SharedRows.AzureCode().Take(50));

        var shortAnswer = await shorter.RunAsync("cache_ttl_advisor");
        var refused = await other.RunAsync("cache_ttl_advisor");
        var hashless = await bare.RunAsync("cache_ttl_advisor");

        Assert.Equal("none", shortAnswer.Text("/prefixes/0/choice"));
        Assert.Equal(256, shortAnswer.Whole("/prefixes/0/prefix_tokens"));
        Assert.Equal(0m, shortAnswer.Usd("/saving_usd"));
        Assert.Equal(3, refused.RowsExcludedByReason["no_cache_write_price"]);
        Assert.Contains("price_model", refused.Text("/reason"));
        Assert.Contains("prefix_block_hashes", hashless.Text("/reason"));
    }

    [Fact]
    public async Task Wrong_choice_in_the_log_is_priced_against_the_best()
    {
        // Marked for five minutes, used every twenty: each use pays a write.
        await using var log = await ToolLog.WithAsync(Calls(0, 20, 40, 60, 80).Select(call => call with { InUncached = 0, InCacheWrite5m = 3_000 }));

        var answer = await log.RunAsync("cache_ttl_advisor");

        Assert.Equal("5m", answer.Text("/prefixes/0/logged"));
        Assert.Equal((5 * 2_048 * Five) - ((2_048 * Hour) + (4 * 2_048 * Read)), answer.Usd("/wrong_choice_usd"));
    }

    [Fact]
    public async Task Demonstration_prefixes_get_the_lifetime_their_rhythm_calls_for()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Days = 14 }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("cache_ttl_advisor");

        // The code assistant is used all day, with one long gap at night; contracts come every quarter of an hour or so. Both are
        // marked for five minutes, and would be cheaper for an hour.
        Assert.Equal((6_144, Cheapest(rows, "code_assistant"), "5m"), Of(answer, "code_assistant"));
        Assert.Equal((1_536, Cheapest(rows, "contract_review"), "5m"), Of(answer, "contract_review"));
        Assert.True(answer.Usd("/wrong_choice_usd") > 0);
        Assert.Equal(Grade.C, answer.Grade);
    }

    /// <summary>By the vendor's ratios: 1.25 and 2 times the input price to write, a tenth to read.</summary>
    private static string Cheapest(List<UsageEvent> rows, string feature)
    {
        var times = rows.Where(row => row.Feature == feature && row.PrefixBlockHashes is not null).Select(row => row.StartedAt).ToList();
        var gaps = times.Zip(times.Skip(1), (one, next) => (next - one).TotalMinutes).ToList();
        var five = 1.25 + gaps.Sum(gap => gap <= 5 ? 0.1 : 1.25);
        var hour = 2 + gaps.Sum(gap => gap <= 60 ? 0.1 : 2);
        return five < hour ? five < times.Count ? "5m" : "none" : hour < times.Count ? "1h" : "none";
    }

    private static (int Tokens, string? Choice, string? Logged) Of(ResultEnvelope answer, string feature)
    {
        var prefix = answer.At("/prefixes").EnumerateArray().First(each => each.GetProperty("features")[0].GetString() == feature);
        return (prefix.GetProperty("prefix_tokens").GetInt32(), prefix.GetProperty("choice").GetString(), prefix.GetProperty("logged").GetString());
    }

    private static UsageEvent[] Calls(params int[] minutes) => minutes.Select((minute, i) =>
        CostBreakdownToolTests.Call(i, "claude-sonnet-4-5", DateTimeOffset.Parse("2025-12-01T00:00:00Z", CultureInfo.InvariantCulture).AddMinutes(minute).ToString("O"), 3_000, 10) with
        {
            PrefixBlockHashes = [.. Enumerable.Range(1, 16).Select(block => (long)block), 1_000 + i, 2_000 + i], BlockSize = 128,
        }).ToArray();
}
