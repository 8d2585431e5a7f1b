using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>
/// Whether quality was kept: for each measure the log holds, the lower end of the difference (97.5 % one-sided, days drawn anew) must
/// lie above −margin. A measure the log lacks proves nothing, so a log without any passes nothing.
/// </summary>
internal static class QualityGuard
{
    private const double Normal975 = 1.959963984540054;

    private static readonly (string Name, Func<DayFigures, (double Sum, long Of)> Read)[] Measures =
    [
        ("success", day => (day.Successes, day.Requests)),
        ("good_outcome", day => (day.GoodOutcomes, day.WithOutcome)),
        ("quality_score", day => (day.ScoreSum, day.Scored)),
    ];

    /// <param name="trend">The control group's days before and after; empty where there are none.</param>
    public static IReadOnlyList<QualityCheck> Check(
        IReadOnlyList<DayFigures> without, IReadOnlyList<DayFigures> with, (IReadOnlyList<DayFigures> Before, IReadOnlyList<DayFigures> After)? trend, double margin)
    {
        var checks = new List<QualityCheck>();
        // Imports that know no status call every request a success; only where some fail is success a measurement.
        var hasFailures = without.Concat(with).Any(day => day.Successes < day.Requests);
        foreach (var (name, read) in Measures.Where(measure => measure.Name != "success" || hasFailures))
        {
            var (was, now) = (Mean(without, read), Mean(with, read));
            if (was.Ratio is not { } before || now.Ratio is not { } after || was.StandardError is not { } e0 || now.StandardError is not { } e1)
                continue;
            var difference = after - before;
            var variance = (e0 * e0) + (e1 * e1);
            if (trend is { } control && Mean(control.Before, read) is { Ratio: { } c0, StandardError: { } s0 }
                && Mean(control.After, read) is { Ratio: { } c1, StandardError: { } s1 })
            {
                difference -= c1 - c0;
                variance += (s0 * s0) + (s1 * s1);
            }

            var bound = difference - (Normal975 * Math.Sqrt(variance));
            checks.Add(new QualityCheck(
                name, Math.Round(before, 6), Math.Round(after, 6), Math.Round(difference, 6), Math.Round(bound, 6), bound > -margin));
        }

        return checks;
    }

    public static string Status(IReadOnlyList<QualityCheck> checks) =>
        checks.Count == 0 ? "not_measured" : checks.All(check => check.Passes) ? "passed" : "failed";

    private static RatioEstimate Mean(IReadOnlyList<DayFigures> days, Func<DayFigures, (double Sum, long Of)> read)
    {
        var mean = new RatioEstimate();
        foreach (var (sum, of) in days.Select(read).Where(day => day.Of > 0))
            mean.Add(sum, of);
        return mean;
    }
}
