using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostDrivers;

/// <summary>The span asked about and the span it is compared with.</summary>
internal sealed record ComparedWindows(TimeWindow Before, TimeWindow After)
{
    /// <summary>
    /// Without <c>before</c>: the span of the same length right before, for whole months the months before. Without a window: the two
    /// halves of the log. A window that reaches past the log's last day ends with that day, so that days to come are no fall in cost.
    /// </summary>
    /// <returns>Null for a log without rows.</returns>
    /// <exception cref="ToolArgumentException"><c>before</c> is no span, or is not over when the window begins.</exception>
    public static ComparedWindows? Resolve(Inquiry inquiry, UsageExtent? extent)
    {
        if (extent is null)
            return null;
        var logEnd = Day(extent.LastStart).AddDays(1);
        if (inquiry.Window is not { } asked)
            return Halves(extent, logEnd, inquiry.Assumptions);

        var after = asked;
        if (asked.To > logEnd && asked.From < logEnd)
        {
            after = asked with { To = logEnd };
            inquiry.Assumptions.Add($"The log ends on {extent.LastStart.UtcDateTime:yyyy-MM-dd}; the window is compared up to the end of that day.");
        }

        return new ComparedWindows(Given(inquiry, extent) ?? RightBefore(asked, after), after);
    }

    private static TimeWindow? Given(Inquiry inquiry, UsageExtent extent)
    {
        if (inquiry.Arguments.Find("before") is not { } given)
            return null;
        return WindowArgument.Resolve(given, extent, inquiry.Request.Now, inquiry.Assumptions)
            ?? throw ArgumentCheck.Refuse("before", given, "a span of time other than all");
    }

    private static TimeWindow RightBefore(TimeWindow asked, TimeWindow after)
    {
        var months = ((asked.To.Year - asked.From.Year) * 12) + asked.To.Month - asked.From.Month;
        if (months < 1 || !IsFirstOfMonth(asked.From) || !IsFirstOfMonth(asked.To))
            return new TimeWindow(after.From - after.Length, after.From);

        var from = asked.From.AddMonths(-months);
        var isCut = after.To < asked.To;
        var to = isCut ? from + after.Length : asked.From;
        return new TimeWindow(from, to < asked.From ? to : asked.From);
    }

    private static ComparedWindows Halves(UsageExtent extent, DateTimeOffset logEnd, List<string> assumptions)
    {
        var first = Day(extent.FirstStart);
        var days = (int)(logEnd - first).TotalDays;
        var middle = first.AddDays(days - Math.Max(days / 2, 1));
        assumptions.Add($"No window was named, so the log's second half, from {middle.UtcDateTime:yyyy-MM-dd}, is compared with as many days before it.");
        return new ComparedWindows(new TimeWindow(middle - (logEnd - middle), middle), new TimeWindow(middle, logEnd));
    }

    private static DateTimeOffset Day(DateTimeOffset time) => new(time.UtcDateTime.Date, TimeSpan.Zero);

    private static bool IsFirstOfMonth(DateTimeOffset time) => time is { Day: 1, TimeOfDay.Ticks: 0 };
}
