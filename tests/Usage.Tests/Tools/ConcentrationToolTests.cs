using System.Globalization;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tools.Concentration;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Tools;

public sealed class ConcentrationToolTests
{
    [Fact]
    public async Task Shares_of_the_top_and_the_gini_coefficient_are_exact()
    {
        // 1, 2, 3, 4 dollars: Gini = 0.25, the top tenth is the one with 4 of 10.
        await using var log = await ToolLog.WithAsync([Call(1, "a", 1), Call(2, "b", 2), Call(3, "c", 3), Call(4, "d", 1), Call(5, "d", 3), Call(6, null, 5)]);

        var answer = await log.RunAsync("concentration");

        Assert.Equal(4, answer.Whole("/count"));
        Assert.Equal(0.25, answer.Number("/gini"));
        Assert.Equal(0.4, answer.Number("/top_tenth_cost_share"));
        Assert.Equal(10m, answer.Usd("/cost_usd"));
        Assert.Equal(5m, answer.Usd("/nameless_cost_usd"));
        Assert.Equal(2m, answer.Usd("/median_usd"));
        Assert.Equal("d", answer.Text("/top/0/key"));
        Assert.Equal(0.4, answer.Number("/top/0/cost_share"));
        Assert.Equal("e6", answer.Text("/events/0/event_id"));
        Assert.Equal(1.0, answer.Number("/curve/12/cost_share"));
    }

    [Fact]
    public void The_gini_coefficient_is_that_of_all_pairs()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Gen.Choose(0, 1_000).NonEmptyListOf().ToArbitrary(), costs =>
        {
            var total = costs.Sum(cost => (long)cost);
            var curve = new Lorenz(costs.Count, total);
            foreach (var cost in costs.OrderDescending())
                curve.Add(cost);

            var pairs = costs.Sum(left => costs.Sum(right => (double)Math.Abs(left - right)));
            Assert.Equal(total == 0 ? 0 : pairs / (2.0 * costs.Count * total), curve.Gini, 9);
            Assert.Equal(total == 0 ? 0 : 1, curve.Shares[^1]);
            Assert.All(curve.Shares.Zip(curve.Shares.Skip(1)), pair => Assert.True(pair.First <= pair.Second));
        }));
    }

    [Fact]
    public async Task A_loop_among_the_conversations_is_told()
    {
        var loop = Enumerable.Range(0, 200).Select(number => Call(number, "bot", 1) with
        {
            ConversationId = "loop", StartedAt = DateTimeOffset.Parse("2026-03-02T10:00Z", CultureInfo.InvariantCulture).AddSeconds(number * 2),
        });
        await using var log = await ToolLog.WithAsync([.. loop, Call(1_000, "ann", 500) with { ConversationId = "long" }]);

        var answer = await log.RunAsync("concentration");

        Assert.Equal("long", answer.Text("/conversations/0/key"));
        Assert.False(answer.At("/conversations/0/looks_like_loop").GetBoolean());
        Assert.True(answer.At("/conversations/1/looks_like_loop").GetBoolean());
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("loop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Over_an_organisation_every_list_matches_a_plain_recomputation()
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Days = 10, Scale = 0.2 }));
        var calls = await log.Log.ReadAsync(new() { Tenant = ToolLog.Tenant }, CancellationToken.None).ToListAsync();

        var answer = await log.RunAsync("concentration", """{"by": "feature", "limit": 5}""");

        var features = calls.Where(call => call.Feature is not null).GroupBy(call => call.Feature)
            .Select(group => (group.Key, Cost: group.Sum(call => call.CostEffective?.Dollars ?? 0))).OrderByDescending(pair => pair.Cost).ToList();
        Assert.Equal(features.Count, answer.Whole("/count"));
        Assert.Equal(features.Take(5), answer.At("/top").EnumerateArray().Select(row => (row.GetProperty("key").GetString(), row.GetProperty("cost_usd").GetDecimal())));
        Assert.Equal(
            calls.Where(call => call.CostEffective is not null).OrderByDescending(call => call.CostEffective!.Value.Value)
                .ThenBy(call => call.EventId, StringComparer.Ordinal).Take(5).Select(call => call.EventId),
            answer.At("/events").EnumerateArray().Select(row => row.GetProperty("event_id").GetString()));
    }

    [Fact]
    public async Task A_log_without_users_is_refused_but_its_dearest_requests_are_told()
    {
        await using var log = await ToolLog.WithAsync([Call(1, null, 1)]);

        var answer = await log.RunAsync("concentration");

        Assert.Contains("names a user", answer.Text("/refusal"), StringComparison.Ordinal);
        Assert.Equal("e1", answer.Text("/events/0/event_id"));
    }

    private static UsageEvent Call(int number, string? user, decimal usd) => new()
    {
        EventId = $"e{number}", Source = "test", SourceId = number.ToString(CultureInfo.InvariantCulture), RequestModel = "o3", UserId = user,
        StartedAt = DateTimeOffset.Parse("2026-03-02T10:00Z", CultureInfo.InvariantCulture).AddMinutes(number), InUncached = (long)(usd * 500_000),
    };
}
