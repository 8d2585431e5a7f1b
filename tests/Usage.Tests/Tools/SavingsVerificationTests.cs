using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.SavingsVerification;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tests.Tools;

/// <summary>The three estimates of <c>savings_verification</c> on series whose truth is known.</summary>
public sealed class SavingsVerificationTests
{
    private const int Seeds = 300;
    private const double Noise = 0.06;

    [Fact]
    public void Days_without_noise_give_the_saving_itself()
    {
        var week = Enumerable.Range(1, 14).ToList();

        var split = SplitTraffic.Estimate([.. week.Select(day => (Day(8 * day, 10 * day), Day(10 * day, 10 * day)))]);
        var control = DifferenceInDifferences.Estimate([.. week.Select(_ => 0.5)], [.. week.Select(_ => 0.5 + Math.Log(0.8))]);
        var matched = MatchedDays.Estimate([.. week.Select(day => new DayPair(10 * day, 10 * day, 4 * day, 5 * day))]);

        Assert.All(new[] { split, control, matched }, effect =>
        {
            Assert.Equal(0.2, effect!.Saving, 9);
            Assert.Equal(0.2, effect.SavingInterval.Low, 6);
            Assert.Equal(0.2, effect.SavingInterval.High, 6);
        });
    }

    [Fact]
    public void Split_traffic_by_hand()
    {
        // Control: $4 / 4 units; treated: $2 / 4. Residuals of the treated (0.25, −0.25), of the control (0, 0).
        var effect = SplitTraffic.Estimate([(Day(1.5, 2), Day(2, 2)), (Day(0.5, 2), Day(2, 2))])!;

        Assert.Equal(Math.Log(0.5), effect.Log, 12);
        Assert.Equal(Math.Sqrt(((0.25 * 0.25) + (0.25 * 0.25)) * 2), effect.StandardError, 12);
    }

    [Fact]
    public void Difference_in_differences_by_hand()
    {
        // Means 1 and 0.5; sample variances 2 and 0.5 over two days each; neighbours are unlike, so nothing is widened.
        var effect = DifferenceInDifferences.Estimate([0, 2], [0, 1])!;

        Assert.Equal(-0.5, effect.Log, 12);
        Assert.Equal(Math.Sqrt((2.0 / 2) + (0.5 / 2)), effect.StandardError, 12);
    }

    [Theory]
    [InlineData("split")]
    [InlineData("control")]
    [InlineData("matched")]
    public void A_planted_saving_is_found_and_its_interval_covers_it(string design)
    {
        var effects = Enumerable.Range(1, Seeds).Select(seed => Simulate(design, (ulong)seed, saving: 0.15)).ToList();

        var covered = effects.Count(effect => effect.SavingInterval is { Low: <= 0.15, High: >= 0.15 });
        var found = effects.Count(effect => effect.SavingInterval.Low > 0);

        Assert.InRange(covered, (int)(0.92 * Seeds), Seeds);
        Assert.InRange(found, (int)(0.97 * Seeds), Seeds);
        Assert.Equal(0.15, effects.Average(effect => effect.Saving), 0.01);
        Assert.All(effects, effect => Assert.InRange(effect.Detectable, 0.005, 0.15));
    }

    [Theory]
    [InlineData("split")]
    [InlineData("control")]
    [InlineData("matched")]
    public void Without_a_saving_few_seeds_claim_one(string design)
    {
        var alarms = Enumerable.Range(1, Seeds).Count(seed => Simulate(design, (ulong)seed, saving: 0).SavingInterval.Low > 0);

        // 2.5 % are due by chance on the saving's side.
        Assert.InRange(alarms, 0, (int)(0.045 * Seeds));
    }

    [Fact]
    public void Quality_is_kept_only_where_the_lower_bound_stays_above_the_margin()
    {
        var good = Enumerable.Range(0, 20).Select(day => Day(1, 10, score: 8 + (day % 2 * 0.1))).ToList();
        var bad = Enumerable.Range(0, 20).Select(day => Day(1, 10, score: 7 + (day % 2 * 0.1))).ToList();

        var kept = QualityGuard.Check(good, good, null, 0.02);
        var lost = QualityGuard.Check(good, bad, null, 0.02);
        var trend = QualityGuard.Check(good, bad, (good, bad), 0.02);
        var none = QualityGuard.Check([Day(1, 1), Day(1, 1)], [Day(1, 1), Day(1, 1)], null, 0.02);

        Assert.Equal(["passed", "failed", "passed", "not_measured"], new[] { kept, lost, trend, none }.Select(QualityGuard.Status));
        Assert.Equal(-0.1, Assert.Single(lost).Difference, 6);
        Assert.Equal(-0.1 - (1.96 * Math.Sqrt(2 * 0.005 * 0.005 / 19)), lost[0].LowerBound, 5);
    }

    [Theory]
    [InlineData(0.1, 0.2, "passed", "verified")]
    [InlineData(0.1, 0.2, "failed", "not_shown")]
    [InlineData(0.1, 0.2, "not_measured", "not_shown")]
    [InlineData(-0.1, 0.2, "passed", "not_shown")]
    [InlineData(-0.2, -0.1, "passed", "not_shown")]
    public void Verified_needs_both_a_saving_and_kept_quality(double low, double high, string guard, string verdict) =>
        Assert.Equal(verdict, Verdict.Of(new Apex.Usage.Tools.Interval(low, high), guard).Verdict);

    [Theory]
    [InlineData(5, 2.5706)]
    [InlineData(10, 2.2281)]
    [InlineData(30, 2.0423)]
    [InlineData(1_000, 1.9623)]
    public void Points_of_t_agree_with_the_tables(int degrees, double point) => Assert.Equal(point, StudentT.Point975(degrees), 0.003);

    /// <summary>Eight weeks: weekends half as busy, noise by day, and a drift of the whole that a control shares.</summary>
    private static Effect Simulate(string design, ulong seed, double saving)
    {
        var random = new DemoRandom(seed * 7_919);
        const int half = 28;
        var days = Enumerable.Range(0, 2 * half).Select(day =>
        {
            var units = day % 7 < 5 ? 200.0 : 100.0;
            var shared = 0.02 * (1 + (0.1 * random.Normal()));
            return (Units: units, Common: shared, Treated: Math.Exp(Noise * random.Normal()), Control: Math.Exp(Noise * random.Normal()));
        }).ToList();
        double Cost(int day, bool after) => days[day].Treated * (after ? 1 - saving : 1);
        return design switch
        {
            "split" => SplitTraffic.Estimate(
                [.. Enumerable.Range(0, half).Select(day => (
                    Day(days[day].Units * days[day].Common * Cost(day, true), (int)days[day].Units),
                    Day(days[day].Units * days[day].Common * days[day].Control, (int)days[day].Units)))])!,
            "control" => DifferenceInDifferences.Estimate(
                [.. Enumerable.Range(0, half).Select(day => Math.Log(Cost(day, false) / days[day].Control))],
                [.. Enumerable.Range(half, half).Select(day => Math.Log(Cost(day, true) / days[day].Control))])!,
            _ => MatchedDays.Estimate(
                [.. Enumerable.Range(0, half).Select(day => new DayPair(
                    days[day].Units * Cost(day, false), days[day].Units, days[day + half].Units * Cost(day + half, true), days[day + half].Units))])!,
        };
    }

    private static DayFigures Day(double usd, long units, double? score = null)
    {
        Measure[] measures =
        [
            new("requests", MeasureKind.Requests), new("priced", MeasureKind.PricedRequests), new("cost", MeasureKind.CostNano),
            new("scored", MeasureKind.Present), new("score", MeasureKind.Sum),
        ];
        var row = new UsageRow([], [units, units, NanoDollars.FromDollars((decimal)usd).Value, score is null ? 0L : units, score]);
        var day = new DayFigures();
        day.Add(new Cells(new UsageTable([], measures, [row], false), row), succeeded: true, null, isGood: false, "request");
        return day;
    }
}
