using System.Globalization;
using System.Text.RegularExpressions;

namespace Apex.Agents.Planning;

/// <summary>A day, month, quarter or year written out in a question, as the span it covers.</summary>
/// <param name="NeedsPreposition">A month alone: "may" and "march" are also verbs.</param>
/// <param name="HasYear">Otherwise the latest such span that does not begin after the log ends.</param>
internal sealed partial record NamedDate(
    int At, int Length, DateTimeOffset From, DateTimeOffset To, string Said, bool HasYear, bool NeedsPreposition)
{
    private const string Month =
        "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";

    private const string Day = @"\d{1,2}(?:st|nd|rd|th)?";
    private const string Year = @"(?:19|20)\d{2}";

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <param name="latest">Where the log ends.</param>
    public static IReadOnlyList<NamedDate> ReadAll(string text, DateTimeOffset latest) =>
        [.. Dates().Matches(text).Select(match => Read(match, latest)).OfType<NamedDate>()];

    /// <summary>"between March and May 2025": the first takes the second's year.</summary>
    public NamedDate WithYearOf(NamedDate other)
    {
        if (HasYear || !other.HasYear)
            return this;
        var years = other.To.AddTicks(-1).Year - From.Year;
        var moved = this with { From = From.AddYears(years), To = To.AddYears(years) };
        return moved.From < other.To ? moved : this with { From = From.AddYears(years - 1), To = To.AddYears(years - 1) };
    }

    private static NamedDate? Read(Match match, DateTimeOffset latest)
    {
        var groups = match.Groups;
        var year = groups["year"].Success ? int.Parse(groups["year"].ValueSpan, CultureInfo.InvariantCulture) : (int?)null;
        if (groups["month"].Success)
        {
            var month = Array.FindIndex(Months, one => groups["month"].Value.StartsWith(one, StringComparison.Ordinal)) + 1;
            var day = groups["day"].Success ? int.Parse(groups["day"].Value.TrimEnd('s', 't', 'n', 'd', 'r', 'h'), CultureInfo.InvariantCulture) : 0;
            return Spanning(match, year, month, day, latest, needsPreposition: day == 0 && year is null);
        }

        if (groups["number"].Success)
        {
            var month = int.Parse(groups["number"].ValueSpan, CultureInfo.InvariantCulture);
            var day = groups["day"].Success ? int.Parse(groups["day"].ValueSpan, CultureInfo.InvariantCulture) : 0;
            return month is < 1 or > 12 ? null : Spanning(match, year, month, day, latest, needsPreposition: false);
        }

        if (groups["quarter"].Success)
        {
            var first = ((groups["quarter"].Value[^1] - '1') * 3) + 1;
            var from = Latest(year, first, 1, latest);
            return Of(match, from, from.AddMonths(3), year is not null, needsPreposition: false);
        }

        var start = new DateTimeOffset(year!.Value, 1, 1, 0, 0, 0, TimeSpan.Zero); // Only the year is left of the pattern.
        return Of(match, start, start.AddYears(1), hasYear: true, needsPreposition: false);
    }

    private static NamedDate? Spanning(Match match, int? year, int month, int day, DateTimeOffset latest, bool needsPreposition)
    {
        if (day > DateTime.DaysInMonth(year ?? 2024, month))
            return null;
        var from = Latest(year, month, Math.Max(day, 1), latest);
        return Of(match, from, day == 0 ? from.AddMonths(1) : from.AddDays(1), year is not null, needsPreposition);
    }

    private static DateTimeOffset Latest(int? year, int month, int day, DateTimeOffset latest)
    {
        var chosen = year ?? latest.Year;
        day = Math.Min(day, DateTime.DaysInMonth(chosen, month));
        var from = new DateTimeOffset(chosen, month, day, 0, 0, 0, TimeSpan.Zero);
        return year is null && from > latest ? from.AddYears(-1) : from;
    }

    private static NamedDate Of(Match match, DateTimeOffset from, DateTimeOffset to, bool hasYear, bool needsPreposition) =>
        new(match.Index, match.Length, from, to, match.Value, hasYear, needsPreposition);

    [GeneratedRegex(
        $@"(?<![\w$,.-])(?:(?<year>{Year})-(?<number>\d{{1,2}})(?:-(?<day>\d{{1,2}}))?|(?<quarter>q[1-4])(?:\s+(?:of\s+)?(?<year>{Year}))?|(?<year>{Year})\s*-?\s*(?<quarter>q[1-4])|(?<day>{Day})\s+(?:of\s+)?(?<month>{Month})(?:,?\s+(?<year>{Year}))?|(?<month>{Month})\s+(?<day>{Day})(?!\d)(?:,?\s+(?<year>{Year}))?|(?<month>{Month})(?:\s+(?:of\s+)?(?<year>{Year}))?|(?<year>{Year}))(?![\w-])")]
    private static partial Regex Dates();
}
