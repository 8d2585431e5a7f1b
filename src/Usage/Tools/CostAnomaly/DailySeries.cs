using Apex.Usage.Events;

namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>Cost by day of one group, with the verdict of each day.</summary>
internal sealed class DailySeries(IReadOnlyList<string?> keys)
{
    private readonly SortedDictionary<DateOnly, NanoDollars> _costs = [];

    public IReadOnlyList<string?> Keys { get; } = keys;

    public NanoDollars Total { get; private set; }

    public IReadOnlyDictionary<DateOnly, NanoDollars> Costs => _costs;

    public void Add(DateOnly day, NanoDollars cost)
    {
        _costs[day] = _costs.GetValueOrDefault(day) + cost;
        Total += cost;
    }

    /// <summary>Days without rows become days without spend, from the group's first day to the window's last.</summary>
    public void FillZeros(DateOnly last)
    {
        if (_costs.Count == 0)
            return;
        for (var day = _costs.Keys.First(); day <= last; day = day.AddDays(1))
            _costs.TryAdd(day, NanoDollars.Zero);
    }

    /// <summary>Judges every day by the days before it; days with too short a past are not among the answers.</summary>
    public IEnumerable<DayVerdict> Judge()
    {
        var past = new List<(DateOnly Day, double LogCost)>();
        foreach (var (day, cost) in _costs)
        {
            var logCost = LogCost(cost);
            if (Baseline.Of(past, day) is { } baseline)
                yield return new DayVerdict(day, cost, baseline, baseline.ZScore(logCost));
            past.Add((day, logCost));
            var oldest = day.AddDays(-7 * Baseline.Weeks);
            past.RemoveAll(point => point.Day < oldest);
        }
    }

    private static double LogCost(NanoDollars cost) => Math.Log(1 + ((double)cost.Value / NanoDollars.PerDollar));
}

/// <param name="ZScore">Of log(1 + dollars) against the baseline.</param>
internal sealed record DayVerdict(DateOnly Day, NanoDollars Cost, Baseline Baseline, double ZScore)
{
    public NanoDollars Excess => Cost - Baseline.Cost;
}
