using Apex.Usage.Events;

namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>
/// What a day is expected to cost: the median of the same weekday in the eight weeks before (at least four of them), else of
/// the 28 days before (at least seven, working days and weekends apart, or every Sunday of a young log would stand out), with
/// its spread. After Iglewicz and Hoaglin, on log(1 + dollars).
/// </summary>
/// <param name="Median">Of log(1 + dollars).</param>
/// <param name="Scale">Divisor of the deviation: MAD/0.6745, or 1.2533 × mean absolute deviation when the MAD is 0.</param>
internal sealed record Baseline(string Kind, IReadOnlyList<DateOnly> Days, double Median, double Scale)
{
    public const int Weeks = 8;
    public const string SameWeekday = "same_weekday";
    public const string TrailingDays = "trailing_28_days";

    private const int MinWeekdayPoints = 4;
    private const int MinTrailingPoints = 7;
    private const double MaxZScore = 1_000;

    public NanoDollars Cost => NanoDollars.FromDollars((decimal)(Math.Exp(Median) - 1));

    public static Baseline? Of(IReadOnlyList<(DateOnly Day, double LogCost)> past, DateOnly day)
    {
        var sameWeekday = past.Where(point => point.Day.DayOfWeek == day.DayOfWeek && point.Day >= day.AddDays(-7 * Weeks)).ToList();
        if (sameWeekday.Count >= MinWeekdayPoints)
            return From(SameWeekday, sameWeekday);
        var trailing = past.Where(point => point.Day >= day.AddDays(-28) && IsWeekend(point.Day) == IsWeekend(day)).ToList();
        return trailing.Count >= MinTrailingPoints ? From(TrailingDays, trailing) : null;
    }

    public double ZScore(double logCost)
    {
        var deviation = logCost - Median;
        if (deviation == 0)
            return 0;
        // A past without any spread makes every deviation infinitely strange; the money test then decides alone.
        return Scale == 0 ? Math.Sign(deviation) * MaxZScore : Math.Clamp(deviation / Scale, -MaxZScore, MaxZScore);
    }

    /// <summary>The spread of values about their median: MAD/0.6745, or 1.2533 × mean absolute deviation when the MAD is 0.</summary>
    public static (double Median, double Scale) Spread(IEnumerable<double> values)
    {
        var all = values.ToList();
        var median = MedianOf(all);
        var deviations = all.Select(value => Math.Abs(value - median)).ToList();
        var mad = MedianOf(deviations);
        return (median, mad > 0 ? mad / 0.6745 : 1.2533 * deviations.Average());
    }

    private static Baseline From(string kind, List<(DateOnly Day, double LogCost)> points)
    {
        var (median, scale) = Spread(points.Select(point => point.LogCost));
        return new Baseline(kind, points.Select(point => point.Day).ToList(), median, scale);
    }

    private static bool IsWeekend(DateOnly day) => day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;

    private static double MedianOf(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
