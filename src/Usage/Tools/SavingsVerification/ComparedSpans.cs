using Apex.Usage.Query;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>As many whole weeks before a change as from it on, so that each weekday weighs the same on both sides.</summary>
internal sealed record ComparedSpans(DateOnly Change, int Weeks)
{
    public const int FewestWeeks = 2;

    /// <summary>Days with calls on both sides without which no interval is given.</summary>
    public const int FewestDays = 7;

    public IEnumerable<DateOnly> DaysBefore => Enumerable.Range(-7 * Weeks, 7 * Weeks).Select(Change.AddDays);

    public IEnumerable<DateOnly> DaysAfter => Enumerable.Range(0, 7 * Weeks).Select(Change.AddDays);

    /// <param name="last">The last day with rows.</param>
    /// <returns>Null with fewer than two whole weeks on a side.</returns>
    public static ComparedSpans? Around(DateOnly change, DateOnly first, DateOnly last, int mostWeeks)
    {
        var weeks = Math.Min((change.DayNumber - first.DayNumber) / 7, (last.DayNumber + 1 - change.DayNumber) / 7);
        return weeks < FewestWeeks ? null : new ComparedSpans(change, Math.Min(weeks, mostWeeks));
    }

    /// <summary>The day before the change that a day after it is compared with: of the same weekday.</summary>
    public DateOnly Match(DateOnly after) => after.AddDays(-7 * Weeks);

    /// <summary>The n-th week from the change on, and its match before.</summary>
    public (TimeWindow Before, TimeWindow After) Week(int index) =>
        (Span(Change.AddDays(7 * (index - Weeks))), Span(Change.AddDays(7 * index)));

    private static TimeWindow Span(DateOnly from)
    {
        var start = new DateTimeOffset(from.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        return new TimeWindow(start, start.AddDays(7));
    }
}
