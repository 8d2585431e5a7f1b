using System.Text.RegularExpressions;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>
/// A question that names both ends of a move: "what if we used gpt-4o-mini instead of gpt-4o", "… moved gpt-4o to gpt-4o-mini". Which of
/// the two is meant to go is told by the words between them, not by their order.
/// </summary>
/// <param name="From">The models whose calls would move.</param>
/// <param name="To">Where they would go; need not be in the log.</param>
internal sealed partial record ModelSwitch(PlanFilter From, string To)
{
    /// <param name="text">The question, lower case.</param>
    /// <returns>Null when it does not name both.</returns>
    public static ModelSwitch? Read(string text, LogProfile log)
    {
        if (InsteadOf().Match(text) is { Success: true } instead)
        {
            var (before, after) = (text[..instead.Index], text[(instead.Index + instead.Length)..]);
            // "instead of X, what if we used Y"
            var comma = after.IndexOf(", ", StringComparison.Ordinal);
            return Between(after, before, log) ?? (comma < 0 ? null : Between(after[..comma], after[comma..], log));
        }

        return Moved().Match(text) is { Success: true } moved ? Between(moved.Groups["from"].Value, "to " + moved.Groups["to"].Value, log) : null;
    }

    /// <summary>The log's own name where it has one, the plainest of several; else a name with a digit after "use", "to" or "on".</summary>
    public static string? Target(string text, IReadOnlyList<PlanFilter> named) =>
        ModelOf(named) is { } known ? known.Values.MinBy(value => value.Length)
        : TargetName().Match(text) is { Success: true } match ? match.Groups["name"].Value
        : null;

    private static ModelSwitch? Between(string from, string to, LogProfile log) =>
        ModelOf(NameMatcher.Find(from, log).Filters) is { } going && Target(to, NameMatcher.Find(to, log).Filters) is { } target
            ? new ModelSwitch(going, target)
            : null;

    private static PlanFilter? ModelOf(IReadOnlyList<PlanFilter> named) =>
        named.FirstOrDefault(filter => filter is { Dimension: Dimension.Model, Exclude: false });

    [GeneratedRegex(@"\b(?:instead of|in place of|in lieu of|rather than)\b")]
    private static partial Regex InsteadOf();

    [GeneratedRegex(@"^(?<from>.*?\b(?:mov|switch|replac|swap|chang|rout|migrat|shift|send|sent|went|go|goes)\w*\b.*?)\b(?:to|with|by|onto)\s+(?<to>.*)$")]
    private static partial Regex Moved();

    [GeneratedRegex(@"\b(?:use|used|using|to|on|with|were)\s+(?<name>(?=[\w./:-]*[a-z])(?=[\w./:-]*\d)[a-z][\w./:-]*\w)")]
    private static partial Regex TargetName();
}
