using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

public sealed class WhatIfToolTests(AiderLog aider) : IClassFixture<AiderLog>
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2025-03-01Z");

    [Fact]
    public async Task Two_actions_on_the_same_calls_save_less_together_and_their_parts_say_how_much_each()
    {
        // Ten calls of gpt-4o, a million tokens in each: $2.50. Batch halves that; gpt-4o-mini costs $0.15, and $0.075 in batch.
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 10).Select(i => Call(i) with { InUncached = 1_000_000, BatchableHint = true }));

        var answer = await log.RunAsync("what_if",
            """{"actions": [{"kind": "switch_model", "to": "gpt-4o-mini"}, {"kind": "shift_tier", "to": "batch"}]}""");

        Assert.Equal(25m, answer.Usd("/before_usd"));
        Assert.Equal(0.75m, answer.Usd("/after_usd"));
        Assert.Equal(24.25m, answer.Usd("/saving_usd"));
        Assert.Equal(23.5m, answer.Usd("/actions/0/alone_usd"));
        Assert.Equal(12.5m, answer.Usd("/actions/1/alone_usd"));
        Assert.Equal(0.75m, answer.Usd("/actions/1/last_usd"));
        // Half of first-taken plus half of last-taken: (23.5 + 11.75) / 2 and (12.5 + 0.75) / 2.
        Assert.Equal(17.625m, answer.Usd("/actions/0/part_usd"));
        Assert.Equal(6.625m, answer.Usd("/actions/1/part_usd"));
        Assert.Equal(11.75m, answer.Usd("/overlap_usd"));
        Assert.Contains("the parts sum to the joint saving, to the nano-dollar", answer.Evidence.Checks);
    }

    [Fact]
    public async Task Another_model_costs_what_its_price_list_says_for_the_logs_own_tokens()
    {
        var answer = await aider.RunAsync("what_if",
            """{"window": "2025-03", "actions": [{"kind": "switch_model", "to": "gpt-4o-mini"}]}""");

        decimal expected = 0;
        var rows = 0;
        await foreach (var call in aider.Log.Log.ReadAsync(
            new() { Tenant = ToolLog.Tenant, Window = new(Start, Start.AddMonths(1)) }, CancellationToken.None))
        {
            if (call.CostEffective is not { } cost)
                continue;
            rows++;
            // $0.15 in and $0.60 out per million tokens since 2024-07; calls that fit no price keep theirs.
            expected += call.Model == "gpt-4o-mini" ? cost.Dollars : decimal.Round(((call.InputTotal * 0.15m) + (call.OutputTotal * 0.60m)) / 1_000_000, 9);
        }

        Assert.Equal(rows, answer.Whole("/requests"));
        Assert.Equal(expected, answer.Usd("/after_usd"));
        Assert.True(answer.RowsExcludedByReason["unpriced"] > 0);
    }

    [Fact]
    public async Task The_prompt_cache_alone_saves_what_prefix_cache_sim_says()
    {
        var calls = DemoOrganisation.Generate(new DemoOptions { Days = 10, Scale = 0.2 }).Where(call => call.Provider == "openai");
        await using var log = await ToolLog.WithAsync(calls);
        var mooncake = SharedRows.Mooncake().Take(4_000).Select(row => row with { RequestModel = "gpt-4o" });
        await using var chat = await ToolLog.WithAsync(mooncake);

        foreach (var one in new[] { log, chat })
        {
            var simulated = await one.RunAsync("prefix_cache_sim", """{"profile": "openai"}""");
            var replayed = await one.RunAsync("what_if", """{"actions": [{"kind": "prefix_cache", "profile": "openai"}]}""");

            Assert.Equal(simulated.Usd("/money/saving_usd"), replayed.Usd("/saving_usd"));
        }
    }

    [Fact]
    public async Task A_log_without_waste_repeats_hashes_or_hints_has_nothing_to_save()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 300).Select(i => Call(i) with { StartedAt = Start.AddHours(i) }));

        var answer = await log.RunAsync("what_if");

        Assert.Equal(0, answer.Usd("/saving_usd"));
        Assert.Empty(answer.At("/cheapest/ids").EnumerateArray());
        Assert.Equal(4, answer.Caveats.Count(caveat => caveat.Contains("changes no call", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_cheapest_choice_leaves_out_what_costs_more_than_it_saves()
    {
        // Nothing repeats, so Claude's cache writes cost a quarter more and save nothing.
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 20).Select(i => Call(i) with
        {
            RequestModel = "claude-sonnet-4-5", Status = i == 0 ? CallStatus.Error : CallStatus.Success,
            PrefixBlockHashes = [i * 10, (i * 10) + 1, (i * 10) + 2], BlockSize = 1_024, InUncached = 3_000,
        }));

        var answer = await log.RunAsync("what_if");

        Assert.True(answer.Usd("/actions/2/part_usd") < 0);
        Assert.Equal(["drop_waste"], answer.At("/cheapest/ids").EnumerateArray().Select(id => id.GetString()));
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("but drop_waste", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_commitment_that_is_not_reached_costs_its_rest()
    {
        // Thirty days of $1 each under a promise of $50 a month for half the price: $15 are used, $35 lost.
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 30).Select(i => Call(i) with { StartedAt = Start.AddDays(i), InUncached = 400_000 }));

        var answer = await log.RunAsync("what_if", """{"actions": [{"kind": "commitment", "discount_share": 0.5, "monthly_usd": 50}]}""");

        Assert.Equal(30m, answer.Usd("/before_usd"));
        Assert.Equal(50m, answer.Usd("/after_usd"));
        Assert.Equal(-20m, answer.Usd("/saving_usd"));
    }

    [Theory]
    [InlineData("""{"actions": [{"kind": "magic"}]}""", "drop_waste, exact_cache")]
    [InlineData("""{"actions": [{"kind": "switch_model", "to": "no-such-model"}]}""", "no-such-model")]
    [InlineData("""{"actions": [{"kind": "switch_model"}]}""", "'to'")]
    [InlineData("""{"actions": [{"kind": "cap_output"}]}""", "max_output_tokens")]
    [InlineData("""{"actions": [{"kind": "cap_output", "max_output_tokens": 0}]}""", "from 1 to")]
    [InlineData("""{"actions": [{"kind": "drop_waste", "to": "x"}]}""", "kind, id, only")]
    [InlineData("""{"actions": [{"kind": "prefix_cache"}, {"kind": "prefix_cache"}]}""", "more than one prefix_cache")]
    [InlineData("""{"actions": [{"kind": "drop_waste", "only": [{"dimension": "colour", "operator": "equal", "values": ["red"]}]}]}""", "dimension among")]
    [InlineData("""{"actions": [{"kind": "trim_context", "max_input_tokens": 10, "keep_tokens": 20}]}""", "at most max_input_tokens (10)")]
    public async Task An_action_that_cannot_be_replayed_is_refused_with_what_is_allowed(string arguments, string allowed)
    {
        var refusal = await Assert.ThrowsAsync<ToolArgumentException>(() => aider.RunAsync("what_if", arguments));

        Assert.Equal("actions", refusal.Argument);
        Assert.Contains(allowed, refusal.Message, StringComparison.Ordinal);
    }

    private static UsageEvent Call(int i) => new()
    {
        EventId = $"w{i:000}", Source = "test", SourceId = $"{i:000}", StartedAt = Start.AddMinutes(i), RequestModel = "gpt-4o", InUncached = 1_000,
    };
}
