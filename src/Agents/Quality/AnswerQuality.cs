using System.Text.Json;
using System.Text.RegularExpressions;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Protocol.Events;
using Apex.Protocol.Reports;

namespace Apex.Agents.Quality;

/// <summary>
/// Scores an answer by what can be told without knowing the truth: every figure traced to a result, recommendations with their amounts, a
/// full answer with figures and sources, a headline that is one, no filler. The tests score the same, and the truth beside it.
/// </summary>
public static partial class AnswerQuality
{
    private const int MaxHeadlineCharacters = 400;

    /// <summary>Of the text without its links.</summary>
    private const int MaxCharacters = 12_000;

    private const int MostFaultsOfAKind = 5;

    public static QualityScore Score(AnsweredRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var report = run.Answer.Result;
        (QualityAspect Aspect, IEnumerable<string> Faults)[] looked =
        [
            (QualityAspect.Figures, UntracedFigures(run)),
            (QualityAspect.Recommendations, BareRecommendations(run)),
            (QualityAspect.Sources, MissingSources(report)),
            (QualityAspect.Headline, Lengths(run.Answer)),
            (QualityAspect.Filler, FillerIn(report)),
        ];
        var found = looked.Select(one => (one.Aspect, Faults: one.Faults.Take(MostFaultsOfAKind).ToArray())).Where(one => one.Faults.Length > 0).ToArray();
        return new QualityScore(
            Math.Round(1 - found.Sum(one => WeightOf(one.Aspect)), 2), [.. found.Select(one => one.Aspect)], [.. found.SelectMany(one => one.Faults)]);
    }

    /// <summary>An invented figure costs as much as all the rest.</summary>
    private static double WeightOf(QualityAspect aspect) => aspect switch
    {
        QualityAspect.Figures => 0.5,
        QualityAspect.Recommendations => 0.2,
        _ => 0.1,
    };

    private static IEnumerable<string> UntracedFigures(AnsweredRun run)
    {
        var report = run.Answer.Result;
        var evidence = run.Evidence();
        var figures = report.Figures.ToDictionary(figure => figure.Id);
        return FigureChecker.Check(report.Markdown, figures, evidence)
            .Concat(FigureChecker.Check(run.Answer.FinalResponse, figures, evidence))
            .Concat(report.Charts.SelectMany(chart => FigureChecker.Check(chart, evidence)));
    }

    /// <summary>Where the ranking knows what something is worth, what is recommended says it.</summary>
    private static IEnumerable<string> BareRecommendations(AnsweredRun run)
    {
        var section = Recommendations().Match(run.Answer.Result.Markdown);
        if (section.Success && !section.Value.Contains("](#fig-", StringComparison.Ordinal) && run.Calls.Any(KnowsAmounts))
            yield return "What is recommended stands without an amount, though the ranking holds some.";
    }

    private static bool KnowsAmounts(ToolCallResult call) =>
        call.ToolName == ToolNames.RankActions && call.Result is { } result
        && result.TryGetProperty("result", out var inner) && inner.TryGetProperty("actions", out var actions) && actions.ValueKind == JsonValueKind.Array
        && actions.EnumerateArray().Any(action => IsPositive(action, "saving_usd_per_month") || IsPositive(action, "amount_usd"));

    private static bool IsPositive(JsonElement action, string field) =>
        action.TryGetProperty(field, out var amount) && amount.ValueKind == JsonValueKind.Number && amount.GetDouble() > 0;

    private static IEnumerable<string> MissingSources(Report report)
    {
        if (report.Kind == ReportKind.Full && (report.Figures.Count == 0 || report.Sources.Count == 0))
            yield return "A full answer has no figure or no source.";
    }

    private static IEnumerable<string> Lengths(AgentCompleted answer)
    {
        if (answer.Summary.Length is 0 or > MaxHeadlineCharacters || answer.FinalResponse.Length > MaxCharacters)
            yield return $"The headline has {answer.Summary.Length} characters, the answer {answer.FinalResponse.Length}.";
    }

    private static IEnumerable<string> FillerIn(Report report)
    {
        if (Filler().Match(report.Markdown) is { Success: true } filler)
            yield return $"The answer holds filler: {filler.Value}";
    }

    [GeneratedRegex(@"(?i)\b(as an ai|i hope this helps|it is important to note|feel free to|let me know if|in today's|delve|leverage|game.?changer|various factors|many ways)\b")]
    private static partial Regex Filler();

    [GeneratedRegex(@"^## What to do$[\s\S]*?(?=^## |\z)", RegexOptions.Multiline)]
    private static partial Regex Recommendations();
}

/// <param name="Value">0 to 1; 1 is an answer without a fault.</param>
/// <param name="Failed">What is wrong, by kind.</param>
/// <param name="Faults">What is wrong, a sentence each, five of a kind at most.</param>
public sealed record QualityScore(double Value, IReadOnlyList<QualityAspect> Failed, IReadOnlyList<string> Faults);

/// <summary>What an answer is scored by.</summary>
public enum QualityAspect
{
    /// <summary>Every number is held by a result.</summary>
    Figures,

    /// <summary>What is recommended says what it is worth.</summary>
    Recommendations,

    /// <summary>A full answer has figures and says where from.</summary>
    Sources,

    /// <summary>It begins with one that can be read at once, and has an end.</summary>
    Headline,

    /// <summary>No words that say nothing.</summary>
    Filler,
}
