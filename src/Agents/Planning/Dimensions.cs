using System.Text.RegularExpressions;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>Finds what a question breaks figures down by, and over what grain of time.</summary>
internal static partial class Dimensions
{
    private static readonly Dictionary<string, Dimension> Words = new(StringComparer.Ordinal)
    {
        ["model"] = Dimension.Model,
        ["user"] = Dimension.User,
        ["person"] = Dimension.User,
        ["people"] = Dimension.User,
        ["developer"] = Dimension.User,
        ["customer"] = Dimension.EndUser,
        ["team"] = Dimension.Team,
        ["feature"] = Dimension.Feature,
        ["project"] = Dimension.Feature,
        ["provider"] = Dimension.Provider,
        ["vendor"] = Dimension.Provider,
        ["environment"] = Dimension.Environment,
        ["region"] = Dimension.Region,
        ["source"] = Dimension.Source,
        ["key"] = Dimension.ApiKey,
        ["tier"] = Dimension.ServiceTier,
        ["conversation"] = Dimension.Conversation,
        ["status"] = Dimension.Status,
        ["weekday"] = Dimension.Weekday,
    };

    /// <summary>By a singular or plural word; null when it names no dimension.</summary>
    public static Dimension? Of(string word) =>
        Words.TryGetValue(word, out var found) || Words.TryGetValue(word.TrimEnd('s'), out found) ? found : null;

    /// <param name="text">Lower case, names blanked out.</param>
    public static IReadOnlyList<Dimension> Read(string text)
    {
        var found = new List<Dimension>();
        foreach (Match match in Breakdown().Matches(text))
            foreach (Capture word in match.Groups["word"].Captures)
                if (Of(word.Value) is { } dimension && !found.Contains(dimension))
                    found.Add(dimension);
        if (WhoWord().IsMatch(text) && found.Count == 0)
            found.Add(Dimension.User);
        return found;
    }

    /// <param name="text">Lower case, names blanked out.</param>
    public static Dimension? ReadGrain(string text)
    {
        if (Grain().Match(text) is not { Success: true } match)
            return OverTime().IsMatch(text) ? Dimension.Month : null;
        return match.Value switch
        {
            var said when said.Contains("hour", StringComparison.Ordinal) => Dimension.Hour,
            var said when said.Contains("da", StringComparison.Ordinal) => Dimension.Day,
            var said when said.Contains("week", StringComparison.Ordinal) => Dimension.Week,
            _ => Dimension.Month,
        };
    }

    [GeneratedRegex(@"\b(?:by|per|each|every|across|which|top(?:\s+\d+)?|between|of\s+(?:all|the)|by\s+each)\s+(?:our\s+|the\s+|api\s+|service\s+)?(?<word>[a-z]+)(?:\s+(?:and|then|,)\s+(?:by\s+|per\s+)?(?<word>[a-z]+))?|\b(?<word>model|user|team|feature|provider|environment)[- ]by[- ]\k<word>|\b(?:most expensive|biggest|largest|cheapest|highest)\s+(?<word>[a-z]+)")]
    private static partial Regex Breakdown();

    [GeneratedRegex(@"\b(hour by hour|day by day|week by week|month by month|by the (hour|day|week|month)|hourly|daily|weekly|monthly|(per|by|each|every|a) (hour|day|week|month))\b")]
    private static partial Regex Grain();

    [GeneratedRegex(@"\b(over time|trend|trends|develop(ed|ment)?|timeline|time series|history of)\b")]
    private static partial Regex OverTime();

    [GeneratedRegex(@"\bwho\b")]
    private static partial Regex WhoWord();
}
