namespace Apex.Server.Tests.Answers;

/// <summary>Days of the Aider file that stand out, by the rule docs/analytics/cost_anomaly.md states, without a line of the product's.</summary>
internal static class DayWitness
{
    private const double Threshold = 3.5;

    /// <param name="calls">Those before <paramref name="from"/> are past only.</param>
    /// <returns>How many days stand out, and what they cost above their baselines together.</returns>
    public static (int Judged, int Flagged, decimal Excess) StandingOut(IReadOnlyList<AiderFile.Call> calls, DateOnly from = default)
    {
        var costs = new SortedDictionary<DateOnly, decimal>(calls.GroupBy(call => call.Day).ToDictionary(day => day.Key, AiderFile.Cost));
        var logs = costs.ToDictionary(day => day.Key, day => Math.Log(1 + (double)day.Value));
        var misses = new SortedDictionary<DateOnly, double>();
        var (judged, flagged, excess) = (0, 0, 0m);
        foreach (var (day, cost) in costs)
        {
            var past = logs.Where(one => one.Key < day && one.Key >= day.AddDays(-56)).ToList();
            var like = past.Where(one => one.Key.DayOfWeek == day.DayOfWeek).ToList();
            var fewest = like.Count >= 4 ? 4 : 7;
            if (like.Count < 4)
                like = [.. past.Where(one => one.Key >= day.AddDays(-28) && IsWeekend(one.Key) == IsWeekend(day))];
            if (like.Count < fewest)
                continue;

            judged += day >= from ? 1 : 0;
            var (median, scale) = Spread(like.Select(one => one.Value));
            var miss = logs[day] - median;
            var lately = misses.Where(one => one.Key >= day.AddDays(-56)).Select(one => one.Value).ToList();
            misses[day] = miss;
            var off = decimal.Round(cost - decimal.Round((decimal)(Math.Exp(median) - 1), 9), 9);
            var month = Math.Max(
                costs.Where(one => one.Key.Year == day.Year && one.Key.Month == day.Month).Sum(one => one.Value),
                costs.Where(one => one.Key <= day && one.Key > day.AddDays(-30)).Sum(one => one.Value));
            var isLastAndLow = day == costs.Keys.Last() && off < 0;
            if (day < from || isLastAndLow || Math.Abs(off) < 1 || Math.Abs(off) < month / 100 || Math.Abs(scale == 0 ? miss * 1e9 : miss / scale) <= Threshold)
                continue;
            if (Math.Abs(off) < month / 10 && lately.Count >= 10 && Spread(lately) is { Scale: > 0 } usual && Math.Abs((miss - usual.Median) / usual.Scale) <= Threshold)
                continue;
            flagged++;
            excess += Math.Max(0, off);
        }

        return (judged, flagged, excess);
    }

    private static bool IsWeekend(DateOnly day) => day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;

    private static (double Median, double Scale) Spread(IEnumerable<double> values)
    {
        var all = values.ToList();
        var median = Median(all);
        var deviations = all.ConvertAll(value => Math.Abs(value - median));
        return (median, Median(deviations) is > 0 and var mad ? mad / 0.6745 : 1.2533 * deviations.Average());
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
