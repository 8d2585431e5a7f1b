using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.Arguments;

/// <summary>
/// Turns a window's name into a span of whole UTC days. Relative names end at the day of the log's last row when the log ended
/// more than a day before now: "last 30 days" of a finished log means its last 30 days, and the answer says so.
/// </summary>
internal static partial class WindowArgument
{
    private const string Allowed =
        "all, today, yesterday, last_N_hours, last_N_days, last_N_weeks, last_N_months, this_week, last_week, "
        + "this_month, last_month, this_year, last_year, a year (2025), quarter (2025-Q1), month (2025-03), day "
        + "(2025-03-14), or {from, to} in RFC 3339";

    private static readonly TimeSpan StillRunning = TimeSpan.FromDays(1);

    /// <returns>Null for the whole log.</returns>
    /// <exception cref="ToolArgumentException">Not a window.</exception>
    public static TimeWindow? Resolve(JsonElement? value, UsageExtent? extent, DateTimeOffset now, List<string> assumptions)
    {
        if (value is not { } given)
            return null;
        if (given.ValueKind == JsonValueKind.Object)
            return Span(given);

        var name = given.GetString() ?? "";
        if (name == "all")
            return null;
        if (Absolute(name) is { } absolute)
            return absolute;

        var hasEnded = extent is not null && now - extent.LastStart > StillRunning;
        var anchor = hasEnded ? extent!.LastStart : now;
        var relative = Relative(name, anchor) ?? throw ArgumentCheck.Refuse("window", given, Allowed);
        if (hasEnded)
            assumptions.Add(
                $"The log's last row is of {anchor.UtcDateTime:yyyy-MM-dd}; '{name}' is counted back from that "
                + $"day, not from today.");
        return relative;
    }

    private static TimeWindow Span(JsonElement given)
    {
        var from = Moment(given, "from");
        var to = Moment(given, "to");
        foreach (var property in given.EnumerateObject())
            if (property.Name is not ("from" or "to"))
                throw ArgumentCheck.Refuse("window", given, Allowed);
        return from < to ? new TimeWindow(from, to) : throw ArgumentCheck.Refuse("window", given, "a 'from' before its 'to'");
    }

    private static DateTimeOffset Moment(JsonElement given, string name)
    {
        if (given.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(text.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment))
            return moment.ToUniversalTime();
        throw ArgumentCheck.Refuse("window", given, "{from, to}, both in RFC 3339 such as 2025-03-01T00:00:00Z");
    }

    private static TimeWindow? Absolute(string name)
    {
        var match = Calendar().Match(name);
        if (!match.Success)
            return null;
        var year = int.Parse(match.Groups["year"].ValueSpan, CultureInfo.InvariantCulture);
        if (match.Groups["quarter"].Success)
            return Months(year, ((match.Groups["quarter"].ValueSpan[0] - '1') * 3) + 1, 3);
        if (!match.Groups["month"].Success)
            return Months(year, 1, 12);
        var month = int.Parse(match.Groups["month"].ValueSpan, CultureInfo.InvariantCulture);
        if (month is < 1 or > 12)
            return null;
        if (!match.Groups["day"].Success)
            return Months(year, month, 1);
        var day = int.Parse(match.Groups["day"].ValueSpan, CultureInfo.InvariantCulture);
        return day >= 1 && day <= DateTime.DaysInMonth(year, month)
            ? Days(new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero), 1)
            : null;
    }

    private static TimeWindow? Relative(string name, DateTimeOffset anchor)
    {
        var today = new DateTimeOffset(anchor.UtcDateTime.Date, TimeSpan.Zero);
        var monday = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        switch (name)
        {
            case "today": return Days(today, 1);
            case "yesterday": return Days(today.AddDays(-1), 1);
            case "this_week": return Days(monday, 7);
            case "last_week": return Days(monday.AddDays(-7), 7);
            case "this_month": return Months(today.Year, today.Month, 1);
            case "last_month": return Months(today.AddMonths(-1).Year, today.AddMonths(-1).Month, 1);
            case "this_year": return Months(today.Year, 1, 12);
            case "last_year": return Months(today.Year - 1, 1, 12);
        }

        var match = Last().Match(name);
        if (!match.Success || !int.TryParse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture, out var count)
            || count is < 1 or > 1_000)
            return null;
        var end = today.AddDays(1);
        return match.Groups["unit"].Value switch
        {
            "hour" => new TimeWindow(anchor.ToUniversalTime().AddHours(-count), anchor.ToUniversalTime().AddTicks(1)),
            "day" => new TimeWindow(end.AddDays(-count), end),
            "week" => new TimeWindow(end.AddDays(-7 * count), end),
            _ => new TimeWindow(end.AddMonths(-count), end),
        };
    }

    private static TimeWindow Days(DateTimeOffset from, int days) => new(from, from.AddDays(days));

    private static TimeWindow Months(int year, int month, int months)
    {
        var from = new DateTimeOffset(year, month, 1, 0, 0, 0, TimeSpan.Zero);
        return new TimeWindow(from, from.AddMonths(months));
    }

    [GeneratedRegex(@"^(?<year>20\d\d)(-[Qq](?<quarter>[1-4])|-(?<month>\d\d)(-(?<day>\d\d))?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Calendar();

    [GeneratedRegex("^last_(?<count>[0-9]{1,4})_(?<unit>hour|day|week|month)s?$", RegexOptions.CultureInvariant)]
    private static partial Regex Last();
}
