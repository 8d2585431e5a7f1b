using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>
/// Cost by day and group over the window, the dearest group first, and each month's whole cost. Days are judged by those before them, so
/// the weeks before the window are read too: "last week" has the past the whole log has.
/// </summary>
internal sealed class DailyCosts
{
    /// <summary>Those a baseline may look back on, twice: how far days lay off their baselines is judged by the weeks before as well.</summary>
    private const int DaysBefore = 2 * 7 * Baseline.Weeks;

    private readonly Dictionary<(int Year, int Month), NanoDollars> _months = [];
    private readonly Dictionary<DateOnly, NanoDollars> _days = [];

    public IReadOnlyList<DailySeries> Groups { get; private set; } = [];

    /// <summary>Of the window; days before it are past only.</summary>
    public DateOnly First { get; private set; }

    public DateOnly Last { get; private set; }

    /// <summary>What was read: the window and the weeks before it. Null: the whole log.</summary>
    public TimeWindow? Span { get; private set; }

    /// <summary>From the whole log's first day to its last: whether a silent day was watched does not depend on the days asked about.</summary>
    public int DaysOfLog { get; private set; }

    public int DaysOfLogWithRows { get; private set; }

    public int DaysInWindow { get; private set; }

    public int DaysWithRows { get; private set; }

    /// <summary>Of the window.</summary>
    public NanoDollars Sum { get; private set; }

    public static async Task<DailyCosts> ReadAsync(
        Inquiry inquiry, IReadOnlyList<Dimension> dimensions, MeasureKind basis, CancellationToken cancellationToken)
    {
        var costs = new DailyCosts();
        var groups = new Dictionary<string, DailySeries>(StringComparer.Ordinal);
        var first = DateOnly.MinValue;
        if (inquiry.Window is { } window)
        {
            // To a midnight: half a day would be judged, and judge others, as if it were a whole one.
            var midnight = new DateTimeOffset(window.From.UtcDateTime.Date, TimeSpan.Zero);
            var before = midnight.AddDays(-Math.Min(DaysBefore, (midnight - DateTimeOffset.MinValue).Days));
            first = DateOnly.FromDateTime(midnight.UtcDateTime);
            costs.Span = new TimeWindow(before, window.To);
            costs.Take(await inquiry.QueryAsync([Dimension.Day, .. dimensions], [new("cost", basis)], cancellationToken, window: new TimeWindow(before, midnight)), groups, inquiry, isPast: true);
        }

        costs.Take(await inquiry.QueryAsync([Dimension.Day, .. dimensions], [new("cost", basis)], cancellationToken), groups, inquiry, isPast: false);
        var days = costs._days.Keys.Where(day => day >= first).ToList();
        if (days.Count > 0)
        {
            (costs.First, costs.Last) = (days.Min(), days.Max());
            costs.DaysInWindow = costs.Last.DayNumber - costs.First.DayNumber + 1;
            costs.DaysWithRows = days.Count;
        }

        await costs.CountDaysAsync(inquiry, cancellationToken);
        costs.Groups = groups.Values.OrderByDescending(series => series.Total.Value).ToList();
        return costs;
    }

    private async Task CountDaysAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        List<DateOnly> days = [.. _days.Keys];
        if (inquiry.Window is not null && await inquiry.ExtentAsync(cancellationToken) is { } extent)
        {
            var table = await inquiry.QueryAsync(
                [Dimension.Day], [new("requests", MeasureKind.Requests)], cancellationToken,
                window: new TimeWindow(extent.FirstStart, extent.LastStart.AddTicks(1)));
            days = [.. table.Rows.Select(row => DateOnly.ParseExact(row.Keys[0]!, "yyyy-MM-dd", CultureInfo.InvariantCulture))];
        }

        DaysOfLogWithRows = days.Count;
        DaysOfLog = days.Count == 0 ? 0 : days.Max().DayNumber - days.Min().DayNumber + 1;
    }

    private void Take(UsageTable table, Dictionary<string, DailySeries> groups, Inquiry inquiry, bool isPast)
    {
        if (table.Truncated)
            inquiry.Caveats.Add("There are too many groups to judge them all; group by a dimension with fewer values.");
        foreach (var row in table.Rows)
        {
            var day = DateOnly.ParseExact(row.Keys[0]!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
            var cost = new Cells(table, row).Money("cost");
            var keys = row.Keys.Skip(1).ToList();
            var name = string.Join('\u001f', keys);
            if (!groups.TryGetValue(name, out var series))
                groups[name] = series = new DailySeries(keys);
            series.Add(day, cost, isPast);
            _days[day] = _days.GetValueOrDefault(day) + cost;
            _months[(day.Year, day.Month)] = _months.GetValueOrDefault((day.Year, day.Month)) + cost;
            Sum += isPast ? NanoDollars.Zero : cost;
        }
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
