using Apex.Agents.Tests.House;
using Apex.Protocol.Reports;
using Apex.Testing;

namespace Apex.Agents.Tests.Reports;

public sealed class ModelChoiceTests
{
    [Fact]
    public async Task With_quality_scores_the_cheapest_model_nobody_beats_is_named()
    {
        var calls =
            from day in Enumerable.Range(0, 40)
            from one in new[] { ("gpt-4o-mini", 0.7), ("gpt-4o", 0.9), ("gpt-4", 0.8) }
            from call in Enumerable.Range(0, 5)
            select SomeCalls.Call(Some.Time.AddDays(day).AddMinutes(call), one.Item1) with { QualityScore = one.Item2, Feature = "chat" };
        await using var house = await AgentHouse.OpenAsync(calls: calls);

        var run = await house.AnswerAsync("Which model is cheapest for its quality?");

        run.AssertEveryFigureIsHeld();
        Assert.Equal(ReportKind.Full, run.Report.Kind);
        Assert.StartsWith("**`gpt-4o-mini` is the cheapest model nobody beats", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("`gpt-4o` the best", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains(run.Report.Charts, chart => chart.Kind == ChartKind.Scatter);
        Assert.Contains("Shadow-test", run.Report.Markdown, StringComparison.Ordinal);
    }
}
