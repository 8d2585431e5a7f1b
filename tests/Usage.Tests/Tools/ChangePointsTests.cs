using Apex.Usage.Events;
using Apex.Usage.Tools.ChangePoints;

namespace Apex.Usage.Tests.Tools;

public sealed class ChangePointsTests
{
    private static readonly DateOnly First = new(2026, 1, 1);

    [Fact]
    public void A_planted_step_is_found_within_two_days_on_every_seed()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var days = Series(seed, 90, day => day < 60 ? 0 : Math.Log(1.5));

            var found = CostBreaks.Find(days);

            Assert.InRange(found.Count, 1, 2);
            Assert.Contains(found, each => Math.Abs(each.Index - 60) <= 2);
        }
    }

    [Fact]
    public void A_clean_log_has_no_breaks_on_199_of_200_seeds()
    {
        var alarms = Enumerable.Range(1, 200).Count(seed => CostBreaks.Find(Series(seed, 120, _ => 0)).Count > 0);

        Assert.InRange(alarms, 0, 1);
    }

    [Fact]
    public void Steps_up_and_down_again_are_both_found_and_a_short_spike_is_not()
    {
        var steps = CostBreaks.Find(Series(1, 120, day => day is >= 40 and < 80 ? 1 : 0));
        var spike = CostBreaks.Find(Series(1, 120, day => day is >= 40 and < 43 ? 2 : 0));

        Assert.Equal([40, 80], steps.Select(found => found.Index));
        Assert.Empty(spike);
    }

    [Fact]
    public void The_cut_is_where_a_plain_search_finds_it()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            var days = Series(seed, 30, day => day < 12 ? 0 : 1);

            var best = Enumerable.Range(5, 21).MinBy(cut => Deviation(days.Take(cut)) + Deviation(days.Skip(cut)));

            Assert.Contains(CostBreaks.Find(days), found => found.Index == best);
        }
    }

    [Fact]
    public async Task The_price_cut_of_o3_is_dated_measured_and_laid_to_the_price()
    {
        var calls = Enumerable.Range(0, 60).Select(day => new UsageEvent
        {
            EventId = $"e{day}", Source = "test", SourceId = $"e{day}", RequestModel = "o3", Feature = "chat",
            StartedAt = DateTimeOffset.Parse("2025-05-10T12:00Z").AddDays(day), InUncached = 10_000, OutVisible = 1_000,
        });
        await using var log = await ToolLog.WithAsync(calls);

        var answer = await log.RunAsync("change_points");

        Assert.Equal(1, answer.At("/breaks").GetArrayLength());
        Assert.Equal("2025-06-10", answer.Text("/breaks/0/day"));
        Assert.Equal(0.14m, answer.Usd("/breaks/0/before_usd_per_request"));
        Assert.Equal(0.028m, answer.Usd("/breaks/0/after_usd_per_request"));
        Assert.Equal(-0.8, answer.Number("/breaks/0/change_ratio"));
        Assert.Equal("price", answer.Text("/breaks/0/driver"));
        Assert.Equal("o3", answer.Text("/breaks/0/leading_groups/0/keys/model"));
        Assert.Equal(-0.112m, answer.Usd("/breaks/0/leading_groups/0/change_per_day_usd"));
        Assert.Equal(2, answer.At("/segments").GetArrayLength());
    }

    private static double Deviation(IEnumerable<CostPerRequest> days)
    {
        var values = days.Select(day => day.LogUsd).Order().ToList();
        var median = values[(values.Count - 1) / 2];
        return values.Sum(value => Math.Abs(value - median));
    }

    private static List<CostPerRequest> Series(int seed, int days, Func<int, double> level)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, days).Select(day => new CostPerRequest(First.AddDays(day), -5 + level(day) + (0.05 * Normal(random))))];
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
