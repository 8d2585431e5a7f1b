using System.Text.RegularExpressions;

namespace Apex.Agents.Planning;

/// <summary>Finds analyses asked for by name (<c>cost_drivers</c>), by number (T04), or by a subject that no kind of question covers.</summary>
internal static partial class NamedTools
{
    private const int Most = 4;

    private static readonly (Regex Words, string Tool)[] Subjects =
    [
        (Concentration(), "concentration"), (UnitCost(), "unit_economics"), (PriceLint(), "price_lint"), (Focus(), "focus_export"),
        (Retired(), "deprecation_exposure"), (Reasoning(), "reasoning_share"), (Overhead(), "fixed_overhead"), (Pauses(), "idle_counterfactual"),
        (OutputLimit(), "output_limits"), (Providers(), "provider_compare"), (SelfHost(), "self_host_break_even"),
        (Empty(), "empty_output"), (Bursts(), "burstiness"), (Levels(), "change_points"), (Goodput(), "slo_goodput"),
    ];

    /// <summary>Tools named outright, with underscores or by number; a question that does so means them and nothing else.</summary>
    /// <param name="text">Lower case.</param>
    public static IReadOnlyList<string> Read(string text)
    {
        var words = Identifier().Matches(text).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. AnalysisCatalogue.All.Where(one => words.Contains(one.Number.ToLowerInvariant()) || (one.Tool.Contains('_', StringComparison.Ordinal) && words.Contains(one.Tool)))
                .Select(one => one.Tool).Take(Most),
        ];
    }

    /// <summary>Tools whose subject the question is about.</summary>
    /// <param name="text">Lower case.</param>
    public static IReadOnlyList<string> ReadSubjects(string text) =>
    [
        .. Subjects.Where(one => one.Words.IsMatch(text)).Select(one => one.Tool)
            .Concat(AnalysisCatalogue.All.Where(one => text.Contains(one.Tool.Replace('_', ' '), StringComparison.Ordinal)).Select(one => one.Tool))
            .Distinct().Take(Most),
    ];

    [GeneratedRegex(@"[a-z0-9_]+")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"\bconcentrat|\bgini\b|\blorenz\b")]
    private static partial Regex Concentration();

    [GeneratedRegex(@"\b(costs?|spend) (per|of an?|of each|of one) (average |single )?(request|call|session|conversation|outcome|success\w*)\b|\b(an?|each|one|average) (average |single )?(request|call) costs?\b|\b(does|did|do) (an?|each|one) (average |single )?(request|call) cost\b|\baverage (cost|price)\b|\bunit (cost|economics)")]
    private static partial Regex UnitCost();

    [GeneratedRegex(@"\bprice (list|book|map)\b[^.?!]*\b(wrong|error|errors|mistakes?|sane|right|ok)\b|\blint\b")]
    private static partial Regex PriceLint();

    [GeneratedRegex(@"\bfocus (export|format|file)\b")]
    private static partial Regex Focus();

    [GeneratedRegex(@"\bdeprecat|\bretir(e|ed|ing)\b|\bsunset|\bend of life\b")]
    private static partial Regex Retired();

    [GeneratedRegex(@"\breasoning\b|\bthinking tokens\b")]
    private static partial Regex Reasoning();

    [GeneratedRegex(@"\btool definitions?\b|\bsystem (text|prompt)s? cost|\bfixed system (text|prompt)s?\b|\boverhead\b")]
    private static partial Regex Overhead();

    [GeneratedRegex(@"\bidle\b|\bpauses?\b")]
    private static partial Regex Pauses();

    [GeneratedRegex(@"\boutput (limit|cap)s?\b|\bmax[_ ]tokens\b|\b(long|runaway|truncated|cut[- ]off) (answer|output|response)s?\b|\b(answer|output|response)s?\b[^.?!]*\b(cut off|cut short|truncated)\b")]
    private static partial Regex OutputLimit();

    [GeneratedRegex(@"\bcompare (the )?(providers|vendors|regions)\b|\b(other|another|cheaper) (provider|vendor)s?\b")]
    private static partial Regex Providers();

    [GeneratedRegex(@"\bself[- ]?host|\bour own gpus?\b")]
    private static partial Regex SelfHost();

    [GeneratedRegex(@"\bempty (answer|output|response)s?\b")]
    private static partial Regex Empty();

    [GeneratedRegex(@"\bburst|\binter-?arrival")]
    private static partial Regex Bursts();

    [GeneratedRegex(@"\bchange points?\b|\bwhen did (the )?(cost|price|level)\w* change|\bcosts?\b[^.?!]*\bdid (it|that|this) change\b")]
    private static partial Regex Levels();

    [GeneratedRegex(@"\bgoodput\b|\bslos?\b")]
    private static partial Regex Goodput();
}
