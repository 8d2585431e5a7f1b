using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>Cost by day and group over the window, the dearest group first, and each month's whole cost.</summary>
internal sealed class DailyCosts
{
    private readonly Dictionary<(int Year, int Month), NanoDollars> _months = [];
    private readonly Dictionary<DateOnly, NanoDollars> _days = [];

    public IReadOnlyList<DailySeries> Groups { get; private set; } = [];

    public DateOnly Last { get; private set; }

    public int DaysInWindow { get; private set; }

    public int DaysWithRows { get; private set; }

    public NanoDollars Sum => _months.Values.Aggregate(NanoDollars.Zero, (sum, month) => sum + month);

    public static async Task<DailyCosts> ReadAsync(
        Inquiry inquiry, IReadOnlyList<Dimension> dimensions, MeasureKind basis, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync([Dimension.Day, .. dimensions], [new("cost", basis)], cancellationToken);
        if (table.Truncated)
            inquiry.Caveats.Add("There are too many groups to judge them all; group by a dimension with fewer values.");
        var costs = new DailyCosts();
        var groups = new Dictionary<string, DailySeries>(StringComparer.Ordinal);
        foreach (var row in table.Rows)
        {
            var day = DateOnly.ParseExact(row.Keys[0]!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
            var cost = new Cells(table, row).Money("cost");
            var keys = row.Keys.Skip(1).ToList();
            var name = string.Join('\u001f', keys);
            if (!groups.TryGetValue(name, out var series))
                groups[name] = series = new DailySeries(keys);
            series.Add(day, cost);
            costs._days[day] = costs._days.GetValueOrDefault(day) + cost;
            costs._months[(day.Year, day.Month)] = costs._months.GetValueOrDefault((day.Year, day.Month)) + cost;
        }

        if (costs._days.Count > 0)
        {
            costs.Last = costs._days.Keys.Max();
            costs.DaysInWindow = costs.Last.DayNumber - costs._days.Keys.Min().DayNumber + 1;
            costs.DaysWithRows = costs._days.Count;
        }

        costs.Groups = groups.Values.OrderByDescending(series => series.Total.Value).ToList();
        return costs;
    }

    /// <summary>
    /// Cost of the day's calendar month, or of the 30 days up to it where that is more: on the second of a month, and in the
    /// month a log ends, the calendar month is too little to measure a day by.
    /// </summary>
    public NanoDollars MonthCost(DateOnly day)
    {
        var calendar = _months.GetValueOrDefault((day.Year, day.Month));
        var trailing = NanoDollars.Zero;
        for (var back = 0; back < 30; back++)
            trailing += _days.GetValueOrDefault(day.AddDays(-back));
        return calendar > trailing ? calendar : trailing;
    }
}
