using Apex.Usage.Events;

namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>Cost by day of one group, with the verdict of each day.</summary>
internal sealed class DailySeries(IReadOnlyList<string?> keys)
{
    private const int MinMisses = 10;

    private readonly SortedDictionary<DateOnly, NanoDollars> _costs = [];

    public IReadOnlyList<string?> Keys { get; } = keys;

    public NanoDollars Total { get; private set; }

    public IReadOnlyDictionary<DateOnly, NanoDollars> Costs => _costs;

    /// <param name="isPast">Before the window: days are judged by it, and it is in no sum.</param>
    public void Add(DateOnly day, NanoDollars cost, bool isPast)
    {
        _costs[day] = _costs.GetValueOrDefault(day) + cost;
        Total += isPast ? NanoDollars.Zero : cost;
    }

    /// <summary>Days without rows become days without spend, from the group's first day to the window's last.</summary>
    public void FillZeros(DateOnly last)
    {
        if (_costs.Count == 0)
            return;
        for (var day = _costs.Keys.First(); day <= last; day = day.AddDays(1))
            _costs.TryAdd(day, NanoDollars.Zero);
    }

    /// <summary>Judges every day from <paramref name="first"/> by the days before it; days with too short a past are not among the answers.</summary>
    public IEnumerable<DayVerdict> Judge(DateOnly first)
    {
        var past = new List<(DateOnly Day, double LogCost)>();
        var misses = new List<(DateOnly Day, double Miss)>();
        foreach (var (day, cost) in _costs)
        {
            var logCost = LogCost(cost);
            // Before the day is judged: after a silence of weeks, what was before it is no recent past.
            var oldest = day.AddDays(-7 * Baseline.Weeks);
            past.RemoveAll(point => point.Day < oldest);
            misses.RemoveAll(point => point.Day < oldest);
            if (Baseline.Of(past, day) is { } baseline)
            {
                if (day >= first)
                    yield return new DayVerdict(day, cost, baseline, baseline.ZScore(logCost), Usual(misses, logCost - baseline.Median));
                misses.Add((day, logCost - baseline.Median));
            }

            past.Add((day, logCost));
        }
    }

    /// <summary>
    /// Four to eight like weekdays can lie close together by chance, and then any day looks strange. How far days of the last
    /// eight weeks lay off their own baselines tells how far off is usual. Null while too few were judged.
    /// </summary>
    private static double? Usual(List<(DateOnly Day, double Miss)> misses, double miss)
    {
        if (misses.Count < MinMisses)
            return null;
        var (median, scale) = Baseline.Spread(misses.Select(point => point.Miss));
        return scale == 0 ? null : (miss - median) / scale;
    }

    private static double LogCost(NanoDollars cost) => Math.Log(1 + ((double)cost.Value / NanoDollars.PerDollar));
}

/// <param name="ZScore">Of log(1 + dollars) against the baseline.</param>
/// <param name="UsualZScore">Of the same miss against the misses of the eight weeks before; null while there are few.</param>
internal sealed record DayVerdict(DateOnly Day, NanoDollars Cost, Baseline Baseline, double ZScore, double? UsualZScore)
{
    public NanoDollars Excess => Cost - Baseline.Cost;
}
