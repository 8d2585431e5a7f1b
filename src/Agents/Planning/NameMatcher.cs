using System.Text.RegularExpressions;
using Apex.Agents.ChatModels;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>
/// Finds the log's own names in a question: models however they are written ("gemini 2.5 pro", "claude-3-5-sonnet"), providers, and
/// users, teams, features or environments after their kind ("user u5", "feature checkout"). Nothing that the log does not hold is
/// ever matched.
/// </summary>
internal static partial class NameMatcher
{
    private const int MaxWordsInName = 8;

    /// <summary>Parts of model names that are also plain English, or say too little alone.</summary>
    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal)
    {
        "it", "chat", "code", "coder", "model", "models", "accounts", "redacted", "none", "free", "api", "large", "small", "medium",
        "latest", "preview", "exp", "experimental", "instruct", "pro", "max", "air", "plus", "base", "thinking", "reasoner", "turbo",
        "fast", "high", "low", "beta", "alpha", "text", "vision", "the", "and", "for", "per", "by", "on", "us", "our", "a", "all",
        "mini", "nano", "lite", "quality", "online", "search", "next", "first", "last", "new", "old", "big", "router", "open", "auto",
        "ai", "together", "meta", "command", "tool", "tools", "user", "users", "team", "data", "default", "main", "test", "local", "cloud",
        "image", "audio", "realtime", "embedding", "embed", "token", "tokens", "cost", "price", "cache", "batch", "edge", "deep", "think",
    };

    /// <param name="Text">The question with the names blanked out, lower case, so that what is left can be read as grammar.</param>
    public sealed record Found(IReadOnlyList<PlanFilter> Filters, string Text);

    /// <param name="question">Lower case.</param>
    public static Found Find(string question, LogProfile log)
    {
        var filters = new List<PlanFilter>();
        var text = FindNamed(question, log, filters);
        text = FindModels(text, log, filters);
        return new Found(filters, text);
    }

    private static string FindNamed(string text, LogProfile log, List<PlanFilter> filters)
    {
        foreach (Match match in AfterKind().Matches(text))
        {
            var dimension = Dimensions.Of(match.Groups["kind"].Value);
            if (dimension is not { } known || known == Dimension.Model)
                continue;
            var said = match.Groups["name"].Value.Trim('"', '\'', '`');
            var values = log.ValuesOf(known).Where(value => value.Equals(said, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (values.Length == 0)
                continue;
            filters.Add(new PlanFilter(known, values, said, IsExcluded(text, match.Index)));
            text = Blank(text, match.Index, match.Length);
        }

        return text;
    }

    private static string FindModels(string text, LogProfile log, List<PlanFilter> filters)
    {
        var names = log.ValuesOf(Dimension.Model).Select(name => (Name: name, Parts: Parts(name.ToLowerInvariant()))).ToArray();
        var providers = log.ValuesOf(Dimension.Provider);
        var sources = log.ValuesOf(Dimension.Source);
        var words = Word().Matches(text);
        var index = 0;
        while (index < words.Count)
        {
            var taken = 1;
            for (var count = Math.Min(MaxWordsInName, words.Count - index); count >= 1; count--)
            {
                var start = words[index].Index;
                var end = words[index + count - 1].Index + words[index + count - 1].Length;
                var parts = Parts(text[start..end]);
                if (!parts.Any(IsTelling) || Crosses(text[start..end]))
                    continue;
                var said = text[start..end];
                var filter = Match(said, parts, names, providers, sources);
                if (filter is null)
                    continue;
                Add(filters, filter with { Exclude = IsExcluded(text, start) });
                text = Blank(text, start, end - start);
                taken = count;
                break;
            }

            index += taken;
        }

        return text;
    }

    private static PlanFilter? Match(
        string said, string[] parts, (string Name, string[] Parts)[] names, IReadOnlyList<string> providers, IReadOnlyList<string> sources)
    {
        if (parts.Length == 1 && providers.FirstOrDefault(one => one.Equals(said, StringComparison.OrdinalIgnoreCase)) is { } provider)
            return new PlanFilter(Dimension.Provider, [provider], said);

        // What our own calls of models cost is asked for by our name.
        if (said == OwnCalls.Source && sources.Contains(said))
            return new PlanFilter(Dimension.Source, [said], said);

        // "gpt-4o" means gpt-4o and its dated versions; only when there is none of these, every model that has it in its name.
        var same = names.Where(name => EndsWith(name.Parts, parts) || EndsWith(WithoutDate(name.Parts), parts)).ToArray();
        var matching = same.Length > 0 ? same : [.. names.Where(name => Contains(name.Parts, parts))];
        return matching.Length == 0 ? null : new PlanFilter(Dimension.Model, [.. matching.Select(name => name.Name)], said);
    }

    private static void Add(List<PlanFilter> filters, PlanFilter filter)
    {
        var index = filters.FindIndex(one => one.Dimension == filter.Dimension && one.Exclude == filter.Exclude);
        if (index < 0)
            filters.Add(filter);
        else
            filters[index] = filters[index] with
            {
                Values = [.. filters[index].Values.Union(filter.Values)],
                Said = $"{filters[index].Said}, {filter.Said}",
            };
    }

    private static bool IsTelling(string part) =>
        part.Length >= 2 && !Plain.Contains(part) && part.Any(char.IsAsciiLetter);

    /// <summary>A comma or a full stop between words ends a name; a point within a version does not.</summary>
    private static bool Crosses(string said) => said.Contains(", ", StringComparison.Ordinal) || said.Contains(". ", StringComparison.Ordinal);

    private static bool IsExcluded(string text, int at) => Without().IsMatch(text[..at]);

    private static string Blank(string text, int start, int length) =>
        string.Concat(text.AsSpan(0, start), new string(' ', length), text.AsSpan(start + length));

    private static string[] Parts(string name) => [.. Part().Matches(name).Select(match => match.Value)];

    private static string[] WithoutDate(string[] parts)
    {
        var end = parts.Length;
        while (end > 1 && (parts[end - 1].All(char.IsAsciiDigit) && parts[end - 1].Length is 2 or 4 or 8 || parts[end - 1] is "latest"))
            end--;
        return parts[..end];
    }

    private static bool EndsWith(string[] name, string[] parts) =>
        name.Length >= parts.Length && name.AsSpan(name.Length - parts.Length).SequenceEqual(parts);

    private static bool Contains(string[] name, string[] parts)
    {
        for (var start = 0; start + parts.Length <= name.Length; start++)
            if (name.AsSpan(start, parts.Length).SequenceEqual(parts))
                return true;
        return false;
    }

    [GeneratedRegex(@"\b(?<kind>users?|teams?|features?|environments?|providers?|vendors?)\s+(?<name>""[^""]+""|`[^`]+`|[\w.@/-]*\w)")]
    private static partial Regex AfterKind();

    [GeneratedRegex(@"[\w./:@-]*\w")]
    private static partial Regex Word();

    [GeneratedRegex("[a-z]+[0-9]*[a-z0-9]*|[0-9]+[a-z]*")]
    private static partial Regex Part();

    [GeneratedRegex(@"\b(without|except|excluding|other than|not counting|ignoring)\s+(the\s+|model\s+|user\s+)*$")]
    private static partial Regex Without();
}
