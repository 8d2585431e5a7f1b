using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Apex.Agents.Figures;
using Apex.Agents.Subagents;

namespace Apex.Agents.Conversing;

/// <summary>
/// Holds a model's sentences against the results of its run, more strictly than our own: beside what <see cref="FigureChecker"/>
/// asks, an amount of money must be one of money, and a figure of a named row must stand in a row that the sentence names.
/// </summary>
internal sealed partial class ModelFigures
{
    private readonly EvidenceIndex _evidence;
    private readonly List<Leaf> _leaves = [];
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    public ModelFigures(IReadOnlyList<ToolCallResult> calls, string question, IReadOnlyList<DateTimeOffset> dates)
    {
        _evidence = new EvidenceIndex(calls, question, dates);
        foreach (var call in calls)
            if (call.Result is { ValueKind: JsonValueKind.Object } envelope)
                Collect(envelope, call.ToolCallId, "", "", []);
    }

    private static readonly Dictionary<string, Protocol.Reports.Figure> None = [];

    /// <returns>What is wrong with the sentence, a sentence each; empty when every number in it is held.</returns>
    public IReadOnlyList<string> Check(string sentence)
    {
        if (!sentence.AsSpan().ContainsAnyInRange('0', '9'))
            return [];
        var faults = FigureChecker.Check(sentence, None, _evidence);
        if (faults.Count > 0)
            return faults;
        var said = NamesIn(sentence);
        return [.. Tokens(sentence).Select(token => FaultOf(token, said)).OfType<string>()];
    }

    /// <summary>Where each number of a text stands: the best leaf for it, if one prints exactly so.</summary>
    public IEnumerable<(int Index, string Text, ToolPlace Place)> Places(string sentence)
    {
        var said = NamesIn(sentence);
        foreach (Match token in Tokens(sentence))
            if (Candidates(token, exact: true).OrderByDescending(leaf => Likeness(leaf, said)).FirstOrDefault() is { } leaf)
                yield return (token.Index, token.Value, new ToolPlace(leaf.CallId, leaf.Pointer, FormatOf(token)));
    }

    private string? FaultOf(Match token, HashSet<string> said)
    {
        var isMoney = token.Groups["money"].Success;
        var candidates = Candidates(token, exact: false).ToArray();
        if (isMoney && candidates.Length == 0)
            return $"{token.Value} is no amount of money in any result.";
        // Small counts stand anywhere; only what can be told apart is held to its row.
        if (candidates.Length == 0 || (!isMoney && !token.Groups["percent"].Success) || candidates.Any(leaf => leaf.Names.Length == 0 || Likeness(leaf, said) > 0))
            return null;
        return said.Count > 0
            ? $"{token.Value} belongs to {string.Join(", ", candidates.SelectMany(leaf => leaf.Names).Distinct().Take(2))}, which the sentence does not name."
            : null;
    }

    private IEnumerable<Leaf> Candidates(Match token, bool exact)
    {
        var number = double.Parse(token.Groups["number"].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        var scale = token.Groups["scale"].Value switch { "k" => 1e3, "M" => 1e6, "B" => 1e9, _ => token.Groups["percent"].Success ? 0.01 : 1 };
        var point = token.Groups["number"].Value.IndexOf('.', StringComparison.Ordinal);
        var half = 0.5 * Math.Pow(10, point < 0 ? 0 : -(token.Groups["number"].Value.Length - point - 1)) * scale;
        var isMoney = token.Groups["money"].Success;
        foreach (var leaf in _leaves)
            if ((!isMoney || leaf.IsMoney)
                && Math.Abs(Math.Abs(leaf.Value) - (number * scale)) <= half + (Math.Abs(leaf.Value) * 1e-9) + 1e-12
                && (!exact || FigureText.Of(leaf.Value, FormatOf(token)) == token.Value))
                yield return leaf;
    }

    private static FigureFormat FormatOf(Match token) => token switch
    {
        _ when token.Groups["money"].Success => FigureFormat.Dollars,
        _ when token.Groups["percent"].Success => FigureFormat.Share,
        _ when token.Groups["scale"].Success => FigureFormat.Tokens,
        _ => token.Groups["number"].Value.Contains('.', StringComparison.Ordinal) ? FigureFormat.Number : FigureFormat.Count,
    };

    /// <summary>How many of the row's names the sentence says.</summary>
    private static int Likeness(Leaf leaf, HashSet<string> said) => said.Count == 0 ? 0 : leaf.Names.Count(said.Contains);

    /// <summary>Names of rows that the sentence says; looked for once, however many numbers it has.</summary>
    private HashSet<string> NamesIn(string sentence) =>
        _names.Where(name => Says(sentence, name)).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static bool Says(string sentence, string name)
    {
        for (var at = sentence.IndexOf(name, StringComparison.OrdinalIgnoreCase); at >= 0; at = sentence.IndexOf(name, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            // "gpt-4o" is not said by "gpt-4o-mini".
            var end = at + name.Length;
            if ((at == 0 || !IsOfName(sentence[at - 1])) && (end == sentence.Length || !IsOfName(sentence[end])))
                return true;
        }

        return false;
    }

    private static bool IsOfName(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_';

    /// <param name="names">Texts that stand beside the number in its row, and so say whose it is.</param>
    private void Collect(JsonElement element, string callId, string pointer, string key, string[] names)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                    if (pointer.Length > 0 || property.NameEquals("result") || property.NameEquals("rows_used") || property.NameEquals("priced_share") || property.NameEquals("rows_in"))
                        Collect(property.Value, callId, $"{pointer}/{JsonPointer.Escape(property.Name)}", property.Name, names);
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in element.EnumerateArray())
                    Collect(item, callId, string.Create(CultureInfo.InvariantCulture, $"{pointer}/{index++}"), key, item.ValueKind == JsonValueKind.Object ? NamesOf(item) : names);
                break;
            case JsonValueKind.Number:
                _names.UnionWith(names);
                _leaves.Add(new Leaf(callId, pointer, element.GetDouble(), IsMoneyKey(key), names));
                break;
            default:
                break;
        }
    }

    /// <summary>Texts of a row with a letter in them: its model, its user, its month is none.</summary>
    private static string[] NamesOf(JsonElement row) =>
    [
        .. row.EnumerateObject()
            .SelectMany(property => property.Value.ValueKind switch
            {
                JsonValueKind.Object => property.Value.EnumerateObject().Select(inner => inner.Value),
                JsonValueKind.Array => property.Value.EnumerateArray(),
                _ => new[] { property.Value }.AsEnumerable(),
            })
            .Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)
            .Where(text => text.Length is > 1 and <= 100 && text.Any(char.IsAsciiLetter) && !text.Contains(' ', StringComparison.Ordinal)),
    ];

    private static bool IsMoneyKey(string key) =>
        key.Contains("usd", StringComparison.OrdinalIgnoreCase) || key.Contains("cost", StringComparison.OrdinalIgnoreCase);

    /// <summary>Names in code spans are no numbers; blanks keep the places of what follows.</summary>
    private static MatchCollection Tokens(string sentence) => Token().Matches(CodeSpan().Replace(sentence, span => new string(' ', span.Length)));

    [GeneratedRegex(@"`[^`\n]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"(?<![\w.,])(?:(?<money>\$)|(?<!-))(?<number>\d+(?:,\d{3})*(?:\.\d+)?)(?:(?<scale>[kMB])(?!\w))?(?<percent>\s?%)?(?![\w-])")]
    private static partial Regex Token();

    private sealed record Leaf(string CallId, string Pointer, double Value, bool IsMoney, string[] Names);
}

/// <summary>Where a number stands and how it is printed.</summary>
internal readonly record struct ToolPlace(string CallId, string Pointer, FigureFormat Format);
