using Apex.Agents.Quality;
using Apex.Agents.Tests.House;
using Apex.Protocol.Reports;

namespace Apex.Agents.Tests.Quality;

/// <summary>
/// Scores one answer: whether it says what is true, says it first, rests every number on a result, and wastes nobody's time. Each
/// fault is a sentence; none is a full score.
/// </summary>
internal static class AnswerScore
{
    public static IReadOnlyList<string> FaultsOf(RecordedRun run, QualityCase asked, AiderFacts facts)
    {
        if (run.Fault is not null || run.Events[^1] is not Protocol.Events.AgentCompleted)
            return [$"The run did not end with an answer: {run.Fault?.Message}"];
        var faults = new List<string>();
        var report = run.Report;
        if (report.Kind != asked.Kind)
            faults.Add($"The answer is {report.Kind} instead of {asked.Kind}.");
        foreach (var expected in asked.Figures.Select(figure => figure(facts)))
            if (!report.Figures.Any(figure => Agrees(figure, expected)))
                faults.Add($"No figure of the answer is {expected.Value:R} {expected.Unit}.");
        if (asked.Figures is [{ } first, ..] && asked.IsHeadline && !HeadlineHolds(report, first(facts)))
            faults.Add($"The headline does not say {first(facts).Value:R} {first(facts).Unit}: {run.Completed.Summary}");
        foreach (var name in asked.Names.Select(name => name(facts)))
            if (!report.Markdown.Contains(name, StringComparison.Ordinal))
                faults.Add($"The answer does not name {name}.");

        // What can be told without the truth is told by what scores answers in service too.
        faults.AddRange(AnswerQuality.Score(AnsweredRun.Of(run.Events)!).Faults); // checked above: there is an answer
        return faults;
    }

    private static bool Agrees(Figure figure, Expected expected) =>
        figure.Unit == expected.Unit && Math.Abs(figure.Value - expected.Value) <= Math.Max(Math.Abs(expected.Value) * 1e-6, 1e-9);

    private static bool HeadlineHolds(Report report, Expected expected)
    {
        var headline = report.Markdown.Split("\n\n")[0];
        return report.Figures.Any(figure => Agrees(figure, expected) && headline.Contains($"(#{figure.Id})", StringComparison.Ordinal));
    }
}

/// <param name="Unit">As in <see cref="Figure"/>.</param>
internal sealed record Expected(double Value, string Unit);

/// <summary>A question, perhaps after others in its thread, and what its answer must say.</summary>
/// <param name="Turns">The last one is scored.</param>
internal sealed record QualityCase(params string[] Turns)
{
    /// <summary>The first must stand in the headline, unless <see cref="IsHeadline"/> says otherwise.</summary>
    public Func<AiderFacts, Expected>[] Figures { get; init; } = [];

    public Func<AiderFacts, string>[] Names { get; init; } = [];

    public ReportKind Kind { get; init; } = ReportKind.Full;

    public bool IsHeadline { get; init; } = true;

    public override string ToString() => string.Join(" → ", Turns);
}
