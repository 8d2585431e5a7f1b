using System.Globalization;
using System.Text.RegularExpressions;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>
/// Finds the period a question is about. Days, weeks (from Monday), months, quarters and years are calendar ones in UTC. Relative
/// periods count from now; where that would lie wholly outside the log they count from the log's last row, and say so.
/// </summary>
internal static partial class PeriodReader
{
    /// <param name="text">Lower case, names of the log blanked out.</param>
    /// <param name="wholeLog">The question asks for all there is, which lifts a period taken over from the question before.</param>
    public static Period? Read(string text, UsageExtent? log, DateTimeOffset now, out bool wholeLog)
    {
        wholeLog = WholeLog().IsMatch(text);
        if (wholeLog)
            return null;
        var period = ReadRelative(text, log, now) ?? ReadNamed(text, log?.LastStart ?? now, log?.FirstStart);
        return period is null ? null : period with { Said = MonthName().Replace(period.Said, month => Capital(month.Value)) };
    }

    private static string Capital(string word) => string.Concat(word[..1].ToUpperInvariant(), word.AsSpan(1));

    private static Period? ReadRelative(string text, UsageExtent? log, DateTimeOffset now)
    {
        if (Relative().Match(text) is not { Success: true } match)
            return null;
        var period = Resolve(match, now);
        if (log is null || (period.From <= log.LastStart && period.To > log.FirstStart))
            return period;
        return Resolve(match, log.LastStart) with { FromLogEnd = true };
    }

    private static Period Resolve(Match match, DateTimeOffset anchor)
    {
        var day = Utc(anchor.UtcDateTime.Date);
        var said = match.Value.Trim();
        if (match.Groups["day"].Success)
            return match.Groups["day"].Value == "yesterday" ? new(day.AddDays(-1), day, said) : new(day, day.AddDays(1), said);

        var unit = match.Groups["unit"].Value;
        if (match.Groups["count"].Success)
        {
            // "last 30 days" are thirty whole days, today among them.
            var count = Math.Clamp(Number(match.Groups["count"].Value), 1, 10_000);
            var end = unit == "hour" ? anchor.AddTicks(1) : day.AddDays(1);
            return new(Back(end, unit, count), end, said);
        }

        var start = StartOf(day, anchor, unit);
        return match.Groups["which"].Value switch
        {
            "last" or "previous" or "prior" => new(Forward(start, unit, -1), start, said),
            "past" => new(Back(day.AddDays(1), unit, 1), day.AddDays(1), said),
            _ => new(start, Forward(start, unit, 1), said),
        };
    }

    private static Period? ReadNamed(string text, DateTimeOffset latest, DateTimeOffset? first)
    {
        var dates = NamedDate.ReadAll(text, latest);
        for (var i = 0; i < dates.Count; i++)
        {
            var date = dates[i];
            var before = text[..date.At];
            if (i + 1 < dates.Count && Joins().IsMatch(text[(date.At + date.Length)..dates[i + 1].At]))
            {
                var until = dates[i + 1];
                var from = date.WithYearOf(until);
                if (until.To > from.From)
                    return new(from.From, until.To, text[date.At..(until.At + until.Length)]);
            }

            if (date.NeedsPreposition && !Preposition().IsMatch(before))
                continue;
            if (Since().IsMatch(before))
                return new(date.From, Later(latest, date.From), "since " + date.Said);
            if (After().IsMatch(before))
                return new(date.To, Later(latest, date.To), "after " + date.Said);
            if (Before().IsMatch(before) && first is { } start)
                return new(Earlier(start, date.From), date.From, "before " + date.Said);
            if (Until().IsMatch(before) && first is { } begin)
                return new(Earlier(begin, date.To), date.To, "until " + date.Said);
            return new(date.From, date.To, date.Said);
        }

        return null;
    }

    /// <summary>Where the log begins; the day before <paramref name="end"/> when it begins later, so that the period is empty, not another.</summary>
    private static DateTimeOffset Earlier(DateTimeOffset first, DateTimeOffset end)
    {
        var start = Utc(first.UtcDateTime.Date);
        return start < end ? start : end.AddDays(-1);
    }

    /// <summary>The end of the log's last day; the day after <paramref name="start"/> when the log ends before it.</summary>
    private static DateTimeOffset Later(DateTimeOffset latest, DateTimeOffset start)
    {
        var end = Utc(latest.UtcDateTime.Date).AddDays(1);
        return end > start ? end : start.AddDays(1);
    }

    private static DateTimeOffset StartOf(DateTimeOffset day, DateTimeOffset anchor, string unit) => unit switch
    {
        "hour" => Utc(anchor.UtcDateTime.Date).AddHours(anchor.UtcDateTime.Hour),
        "day" => day,
        "week" => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
        "month" => new(day.Year, day.Month, 1, 0, 0, 0, TimeSpan.Zero),
        "quarter" => new(day.Year, ((day.Month - 1) / 3 * 3) + 1, 1, 0, 0, 0, TimeSpan.Zero),
        _ => new(day.Year, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private static DateTimeOffset Back(DateTimeOffset end, string unit, int count) => Forward(end, unit, -count);

    private static DateTimeOffset Forward(DateTimeOffset start, string unit, int count) => unit switch
    {
        "hour" => start.AddHours(count),
        "day" => start.AddDays(count),
        "week" => start.AddDays(7 * count),
        "month" => start.AddMonths(Math.Max(count, 12 * (1 - start.Year))),
        "quarter" => start.AddMonths(Math.Max(3 * count, 12 * (1 - start.Year))),
        _ => start.AddYears(Math.Max(count, 1 - start.Year)),
    };

    private static int Number(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : Array.IndexOf(Counts, text) + 2;

    private static readonly string[] Counts = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

    private static DateTimeOffset Utc(DateTime date) => new(date, TimeSpan.Zero);

    [GeneratedRegex(@"\b(?<day>today|yesterday)\b|\b(?:last|past|previous|latest)\s+(?<count>\d{1,5}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s+(?<unit>hour|day|week|month|quarter|year)s?\b|\b(?<which>this|current|last|previous|prior|past)\s+(?<unit>hour|day|week|month|quarter|year)\b|\b(?<unit>month|quarter|year)[- ]to[- ]date\b")]
    private static partial Regex Relative();

    [GeneratedRegex(@"\b(all time|ever|whole (log|period|time|history)|entire (log|period|history)|full (log|history)|whole thing|since the beginning|all (the )?(months|years|data))\b")]
    private static partial Regex WholeLog();

    [GeneratedRegex(@"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|q[1-4])")]
    private static partial Regex MonthName();

    [GeneratedRegex(@"^\s*(and|to|until|till|through|up to|-|–|—)\s*$")]
    private static partial Regex Joins();

    [GeneratedRegex(@"\b(in|during|for|on|of|since|after|before|until|till|from|between|by|about|only|through|early|late|mid)\s*(the\s+|month of\s+)?$")]
    private static partial Regex Preposition();

    [GeneratedRegex(@"\b(since|from|starting)\s*(in\s+|with\s+)?$")]
    private static partial Regex Since();

    [GeneratedRegex(@"\bafter\s*$")]
    private static partial Regex After();

    [GeneratedRegex(@"\bbefore\s*$")]
    private static partial Regex Before();

    [GeneratedRegex(@"\b(until|till|up to|through)\s*(the end of\s+)?$")]
    private static partial Regex Until();
}
