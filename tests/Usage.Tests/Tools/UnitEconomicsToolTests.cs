using System.Globalization;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tools.Statistics;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

public sealed class UnitEconomicsToolTests
{
    [Fact]
    public async Task The_cost_of_a_user_is_the_ratio_of_sums_with_its_interval()
    {
        // ann $6, bob $2, cas $4: mean $4, standard deviation $2, half a width of 1.96 · 2/√3.
        await using var log = await ToolLog.WithAsync([Call(1, "ann", 2), Call(2, "ann", 4), Call(3, "bob", 2), Call(4, "cas", 4), Call(5, null, 8)]);

        var answer = await log.RunAsync("unit_economics", """{"unit": "user", "revenue_per_unit_usd": 5}""");

        Assert.Equal(4m, answer.Usd("/total/cost_per_unit_usd"));
        Assert.Equal(3, answer.Number("/total/units"));
        Assert.Equal(1.333, answer.Number("/total/requests_per_unit"));
        Assert.Equal(1m, answer.Usd("/total/margin_usd"));
        Assert.Equal(0.2, answer.Number("/total/margin_ratio"));
        var half = 1.959963984540054 * 2 / Math.Sqrt(3);
        Assert.Equal(4 - half, answer.Ci95!["/total/cost_per_unit_usd"].Low, 6);
        Assert.Equal(4 + half, answer.Ci95["/total/cost_per_unit_usd"].High, 6);
        Assert.Equal(1, answer.RowsExcludedByReason["no_user"]);
    }

    [Fact]
    public async Task The_ratio_of_sums_is_not_the_mean_of_ratios_and_both_are_told()
    {
        await using var log = await ToolLog.WithAsync(
            [Call(1, "ann", 2, day: 0), Call(2, "ann", 4, day: 1), Call(3, "ann", 4, day: 1), Call(4, "ann", 4, day: 1)]);

        var answer = await log.RunAsync("unit_economics");

        Assert.Equal(3.5m, answer.Usd("/total/cost_per_unit_usd"));
        Assert.Equal(3m, answer.Usd("/total/mean_of_ratios_usd"));
        Assert.Equal("day", answer.Text("/counted_by"));
    }

    [Fact]
    public async Task A_good_outcome_bears_the_cost_of_every_request()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, "ann", 2) with { Outcome = "accepted" }, Call(2, "ann", 2) with { Outcome = "rejected" },
            Call(3, "ann", 2) with { Status = CallStatus.Error }, Call(4, "ann", 2) with { Outcome = "merged" },
        ]);

        var plain = await log.RunAsync("unit_economics", """{"unit": "outcome"}""");
        var own = await log.RunAsync("unit_economics", """{"unit": "outcome", "outcomes": ["accepted", "merged"]}""");
        var success = await log.RunAsync("unit_economics", """{"unit": "success"}""");

        Assert.Equal(8m, plain.Usd("/total/cost_per_unit_usd"));
        Assert.Equal(4m, own.Usd("/total/cost_per_unit_usd"));
        Assert.Equal(2.666666667m, success.Usd("/total/cost_per_unit_usd"));
    }

    [Fact]
    public async Task Groups_sum_to_the_total_and_match_a_plain_recomputation()
    {
        var calls = DemoOrganisation.Generate(new DemoOptions { Days = 12, Scale = 0.2 }).ToList();
        await using var log = await ToolLog.WithAsync(calls);
        var priced = await log.Log.ReadAsync(new() { Tenant = ToolLog.Tenant }, CancellationToken.None).ToListAsync();

        var answer = await log.RunAsync("unit_economics", """{"unit": "conversation", "group_by": ["feature"]}""");

        foreach (var group in answer.At("/groups").EnumerateArray())
        {
            var feature = group.GetProperty("keys").GetProperty("feature").GetString();
            var rows = priced.Where(call => call.Feature == feature && call.ConversationId is not null).ToList();
            var conversations = rows.GroupBy(call => call.ConversationId).Select(each => each.Sum(call => call.CostEffective?.Dollars ?? 0)).ToList();
            var figures = group.GetProperty("figures");
            Assert.Equal(conversations.Count, figures.GetProperty("units").GetDouble());
            Assert.Equal(conversations.Sum(), figures.GetProperty("cost_usd").GetDecimal());
            if (conversations.Count < 2)
                continue;
            var mean = (double)conversations.Average();
            var deviation = Math.Sqrt(conversations.Sum(cost => Math.Pow((double)cost - mean, 2)) / (conversations.Count - 1));
            Assert.Equal(mean + (1.959963984540054 * deviation / Math.Sqrt(conversations.Count)), figures.GetProperty("ci95").GetProperty("high").GetDouble(), 6);
        }
    }

    [Fact]
    public void The_interval_holds_the_truth_about_as_often_as_it_says()
    {
        var held = 0;
        for (var seed = 1; seed <= 400; seed++)
        {
            var random = new Random(seed);
            var estimate = new RatioEstimate();
            for (var day = 0; day < 40; day++)
            {
                var units = random.Next(50, 150);
                estimate.Add(units * (0.8 + (0.4 * random.NextDouble())), units);
            }

            var interval = estimate.Interval95()!;
            held += interval.Low <= 1 && interval.High >= 1 ? 1 : 0;
        }

        Assert.InRange(held, 364, 396);
    }

    [Fact]
    public async Task A_log_that_names_no_conversation_is_refused_and_the_unit_is_no_group()
    {
        await using var log = await ToolLog.WithAsync([Call(1, "ann", 2)]);

        var answer = await log.RunAsync("unit_economics", """{"unit": "conversation"}""");
        var error = await Assert.ThrowsAsync<ToolArgumentException>(
            () => log.RunAsync("unit_economics", """{"unit": "user", "group_by": ["user"]}"""));

        Assert.Contains("conversations", answer.Text("/refusal"), StringComparison.Ordinal);
        Assert.Equal(Grade.D, answer.Grade);
        Assert.Contains("the unit itself", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A call of o3 (2026: $2 per million input tokens) that costs the dollars asked for.</summary>
    private static UsageEvent Call(int number, string? user, decimal usd, int day = 0) => new()
    {
        EventId = $"e{number}", Source = "test", SourceId = number.ToString(CultureInfo.InvariantCulture), RequestModel = "o3", UserId = user,
        StartedAt = DateTimeOffset.Parse("2026-03-02T10:00Z", CultureInfo.InvariantCulture).AddDays(day).AddMinutes(number),
        InUncached = (long)(usd * 500_000),
    };
}
