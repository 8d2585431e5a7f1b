using Apex.Agents.Planning;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Agents.Tests.Reports;

/// <summary>One question of each kind of docs/analytics.md over the demonstration organisation: understood, computed by its chain, answered.</summary>
public sealed class SixteenIntentsTests(DemoHouse demo, ITestOutputHelper output) : IClassFixture<DemoHouse>
{
    [Theory]
    [InlineData("How are we doing?", "Overview")]
    [InlineData("Why did cost rise last week?", "WhyUp")]
    [InlineData("Cut cost 20 % without hurting quality", "Reduce")]
    [InlineData("Can support chat use a smaller model?", "ModelChoice")]
    [InlineData("What if we used gpt-4.1-mini for everything?", "WhatIf")]
    [InlineData("Is prompt caching worth it; 5 min or 1 h?", "Caching")]
    [InlineData("Are we paying twice for the same prompts?", "Repeats")]
    [InlineData("What can wait overnight?", "Batch")]
    [InlineData("PTU or pay as you go; will we hit limits?", "Capacity")]
    [InlineData("Why are answers slow; p95?", "Latency")]
    [InlineData("Will we stay in budget?", "Budget")]
    [InlineData("Anything strange?", "Anomaly")]
    [InlineData("Top users", "Who")]
    [InlineData("Are our prompts too long?", "Context")]
    [InlineData("Did the change save money?", "Verify")]
    [InlineData("Does it match the invoice?", "Trust")]
    public async Task Every_kind_of_question_is_answered_by_the_tools_of_its_chain(string question, string intent)
    {
        var run = await demo.House.AnswerAsync(question);

        output.WriteLine(run.Completed.FinalResponse);
        Assert.Null(run.Fault);
        Assert.Equal(intent, string.Join(',', run.Verdict!.Plan!.Intents));
        Assert.NotEqual(ReportKind.Guidance, run.Report.Kind);
        run.AssertEveryFigureIsHeld();
        Assert.NotEmpty(run.Report.Figures);
        var chain = AnalysisCatalogue.ChainOf(Enum.Parse<Intent>(intent)).Select(one => one.Tool).Where(tool => UsageTools.Find(tool) is not null);
        Assert.Empty(chain.Except(run.Tools));
        Assert.All(run.Events.OfType<ToolCompleted>(), call => Assert.Equal(ToolStatus.Success, call.Status));
    }

    [Fact]
    public async Task Actions_show_what_to_take_over_how_to_undo_it_and_how_to_verify_it()
    {
        var run = await demo.House.AnswerAsync("Cut cost 20 % without hurting quality");

        run.AssertEveryFigureIsHeld();
        var actions = run.Report.Markdown[run.Report.Markdown.IndexOf("## What to do", StringComparison.Ordinal)..];
        Assert.Contains("\n   ```json\n   {", actions, StringComparison.Ordinal);
        Assert.Contains("*Undo:*", actions, StringComparison.Ordinal);
        Assert.Contains("Then ask `savings_verification`", actions, StringComparison.Ordinal);
        Assert.Contains("overlap and are not to be added", actions, StringComparison.Ordinal);
    }
}
