using System.Globalization;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tools.CostDrivers;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Tools;

public sealed class CostDriversToolTests
{
    private const string Week = """{"window": {"from": "2026-03-08T00:00:00Z", "to": "2026-03-15T00:00:00Z"}, "before": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-08T00:00:00Z"}, "group_by": ["model", "feature"]}""";

    [Fact]
    public async Task Twice_the_requests_is_volume_and_nothing_else()
    {
        await using var log = await ToolLog.WithAsync([.. Calls("a", "gpt-4o", 10, week: 0), .. Calls("b", "gpt-4o", 20, week: 1)]);

        var answer = await log.RunAsync("cost_drivers", Week);

        Assert.Equal(0.0125m * 10, answer.Usd("/change_usd"));
        Assert.Equal(0.125m, Effect(answer, "volume"));
        Assert.Equal(1.0, answer.Number("/change_ratio"));
        Assert.All(answer.At("/effects").EnumerateArray().Skip(1), effect => Assert.Equal(0m, effect.GetProperty("change_usd").GetDecimal()));
    }

    [Fact]
    public async Task Longer_prompts_longer_answers_and_caching_are_told_apart()
    {
        await using var prompts = await ToolLog.WithAsync([.. Calls("a", "gpt-4o", 10, 0), .. Calls("b", "gpt-4o", 10, 1, input: 3_000)]);
        await using var answers = await ToolLog.WithAsync([.. Calls("a", "gpt-4o", 10, 0), .. Calls("b", "gpt-4o", 10, 1, output: 2_000)]);
        await using var cached = await ToolLog.WithAsync([.. Calls("a", "gpt-4o", 10, 0), .. Calls("b", "gpt-4o", 10, 1, input: 500, cached: 500)]);

        Assert.Equal(0.05m, Effect(await prompts.RunAsync("cost_drivers", Week), "prompt_length"));
        Assert.Equal(0.1m, Effect(await answers.RunAsync("cost_drivers", Week), "output_length"));
        Assert.Equal(-0.00625m, Effect(await cached.RunAsync("cost_drivers", Week), "cache"));
    }

    [Fact]
    public async Task A_price_cut_is_price()
    {
        // o3 fell from $10 and $40 to $2 and $8 per million tokens on 2025-06-10.
        await using var log = await ToolLog.WithAsync(
            [.. Calls("a", "o3", 10, 0, day: "2025-06-02"), .. Calls("b", "o3", 10, 1, day: "2025-06-04")]);

        var answer = await log.RunAsync("cost_drivers", """{"window": "2025-06-11", "before": "2025-06-02"}""");

        Assert.Equal(-0.4m, answer.Usd("/change_usd"));
        Assert.Equal("price", answer.Text("/effects/0/effect"));
        Assert.Equal(-0.4m, answer.Usd("/effects/0/change_usd"));
    }

    [Fact]
    public async Task Requests_that_move_to_a_cheaper_model_are_mix_and_a_new_feature_is_new()
    {
        await using var log = await ToolLog.WithAsync(
        [
            .. Calls("a", "gpt-4o", 30, 0), .. Calls("b", "gpt-4o-mini", 10, 0),
            .. Calls("c", "gpt-4o", 10, 1), .. Calls("d", "gpt-4o-mini", 30, 1),
        ]);
        await using var added = await ToolLog.WithAsync([.. Calls("a", "gpt-4o", 10, 0), .. Calls("c", "gpt-4o", 10, 1), .. Calls("d", "o3", 4, 1)]);

        var moved = await log.RunAsync("cost_drivers", Week);
        var grown = await added.RunAsync("cost_drivers", Week);

        Assert.Equal("mix", moved.Text("/effects/0/effect"));
        Assert.Equal(moved.Usd("/change_usd"), Effect(moved, "mix"));
        Assert.Equal(grown.Usd("/groups/0/after_usd"), Effect(grown, "new_groups"));
        Assert.Equal("o3", grown.Text("/groups/0/keys/model"));
    }

    [Fact]
    public async Task Over_a_whole_organisation_the_effects_sum_to_the_change_for_any_grouping()
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Days = 40, Scale = 0.2 }));

        foreach (var grouping in (string[])["[]", "[\"model\"]", "[\"feature\", \"user\"]"])
        {
            var answer = await log.RunAsync("cost_drivers", $$"""{"window": "last_2_weeks", "group_by": {{grouping}}, "limit": 3}""");

            Assert.Equal(answer.Usd("/change_usd"), answer.At("/effects").EnumerateArray().Sum(effect => effect.GetProperty("change_usd").GetDecimal()));
            Assert.Equal(
                answer.Usd("/change_usd"),
                answer.At("/groups").EnumerateArray().Sum(group => group.GetProperty("change_usd").GetDecimal()) + answer.Usd("/other_groups_usd"));
            Assert.Equal(answer.Usd("/after/cost_usd") - answer.Usd("/before/cost_usd"), answer.Usd("/change_usd"));
        }
    }

    [Fact]
    public void Effects_sum_to_the_difference_for_any_two_groups()
    {
        var state = from requests in Gen.Choose(1, 1_000)
                    from input in Gen.Choose(0, 1_000_000)
                    from cached in Gen.Choose(0, 1_000_000)
                    from output in Gen.Choose(0, 100_000)
                    from price in Gen.Choose(0, 100)
                    select (requests, input, cached, output, price);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1_000), Prop.ForAll(state.Two().ToArbitrary(), pair =>
        {
            var (before, after) = (Group(pair.Item1), Group(pair.Item2));

            var effects = Decomposition.Of(before, after, pair.Item1.requests * 3, pair.Item2.requests * 2);

            var change = (double)(after.Cost.Dollars - before.Cost.Dollars);
            Assert.Equal(change, effects.Sum, 1e-9 * Math.Max(1, (double)(after.Cost.Dollars + before.Cost.Dollars)));
        }));
    }

    [Theory]
    [InlineData("2026-03", "2026-02-01", "2026-03-01")]
    [InlineData("2026-Q1", "2025-10-01", "2026-01-01")]
    [InlineData("2026-03-10", "2026-03-09", "2026-03-10")]
    public async Task What_lies_before_a_calendar_span_is_the_calendar_span_before(string window, string from, string to)
    {
        await using var log = await ToolLog.WithAsync([.. Calls("a", "gpt-4o", 1, 0, day: "2025-06-02"), .. Calls("b", "gpt-4o", 1, 0, day: "2026-06-02")]);

        var answer = await log.RunAsync("cost_drivers", $$"""{"window": "{{window}}"}""");

        Assert.StartsWith(from, answer.Text("/before/from"), StringComparison.Ordinal);
        Assert.StartsWith(to, answer.Text("/before/to"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_month_that_is_not_over_is_compared_with_as_much_of_the_month_before()
    {
        await using var log = await ToolLog.WithAsync(
            [.. Calls("a", "gpt-4o", 5, 0, day: "2026-02-20"), .. Calls("b", "gpt-4o", 5, 0, day: "2026-03-10")]);

        var answer = await log.RunAsync("cost_drivers", """{"window": "2026-03"}""");

        Assert.StartsWith("2026-03-11", answer.Text("/after/to"), StringComparison.Ordinal);
        Assert.StartsWith("2026-02-11", answer.Text("/before/to"), StringComparison.Ordinal);
        Assert.Equal(0, answer.Whole("/before/requests"));
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("everything is new", StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_is_no_span_to_compare_with()
    {
        await using var log = await ToolLog.WithAsync(Calls("a", "gpt-4o", 1, 0));

        var error = await Assert.ThrowsAsync<Apex.Usage.Tools.ToolArgumentException>(
            () => log.RunAsync("cost_drivers", """{"window": "2026-03", "before": "all"}"""));

        Assert.Contains("'before'", error.Message, StringComparison.Ordinal);
    }

    private static GroupCost Group((int Requests, int Input, int Cached, int Output, int Price) state)
    {
        var units = new Apex.Usage.Prices.UnitPrices(
            state.Price * 1e-6m, state.Price * 1e-7m, 0, 0, state.Price * 4e-6m, state.Price * 4e-6m, 0, true, null);
        var group = new GroupCost();
        for (var i = 0; i < state.Requests; i++)
        {
            var call = Call("x", "m", DateTimeOffset.UnixEpoch) with { InUncached = state.Input, InCacheRead = state.Cached, OutVisible = state.Output };
            group.Add(call, NanoDollars.FromDollars((state.Input * units.Input) + (state.Cached * units.CacheRead) + (state.Output * units.Output!.Value)), units);
        }

        return group;
    }

    private static decimal Effect(Apex.Usage.Tools.ResultEnvelope answer, string name) =>
        answer.Where("/effects", "effect", name).GetProperty("change_usd").GetDecimal();

    private static IEnumerable<UsageEvent> Calls(
        string prefix, string model, int count, int week, long input = 1_000, long cached = 0, long output = 1_000, string day = "2026-03-02")
    {
        var start = DateTimeOffset.Parse(day + "Z", CultureInfo.InvariantCulture).AddDays(7 * week);
        return Enumerable.Range(0, count).Select(number =>
            Call($"{prefix}{number}", model, start.AddMinutes(number)) with { InUncached = input, InCacheRead = cached, OutVisible = output });
    }

    private static UsageEvent Call(string id, string model, DateTimeOffset at) => new()
    {
        EventId = id, Source = "test", SourceId = id, StartedAt = at, RequestModel = model, Feature = "chat", UserId = "ann",
    };
}
