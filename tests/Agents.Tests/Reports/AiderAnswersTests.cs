using Apex.Agents.Tests.House;
using Apex.Protocol.Reports;

namespace Apex.Agents.Tests.Reports;

/// <summary>Answers over the real Aider log, held against its envelopes figure by figure.</summary>
public sealed class AiderAnswersTests(AiderHouse aider, ITestOutputHelper output) : IClassFixture<AiderHouse>
{
    [Theory]
    [InlineData("What are we spending, and is anything wrong with it?")]
    [InlineData("What did we spend per model, month by month?")]
    [InlineData("Is anything wrong with our spend?")]
    [InlineData("How are we doing?")]
    [InlineData("Where does our AI money go, and what can we save?")]
    [InlineData("Which model is cheapest for its quality?")]
    [InlineData("Is prompt caching worth it?")]
    [InlineData("How are our tokens distributed?")]
    [InlineData("Who costs us most?")]
    [InlineData("Top 5 models in March 2025")]
    [InlineData("What did we spend last month?")]
    [InlineData("Why did cost rise in March?")]
    [InlineData("Cut our cost by 20 % without hurting quality")]
    [InlineData("Will we stay in budget of $500?")]
    [InlineData("How good is our data?")]
    [InlineData("Does it match the invoice?")]
    [InlineData("Why are we so slow, what is the p95?")]
    [InlineData("What is the weather like?")]
    [InlineData("Daily cost of claude models in the last 30 days")]
    [InlineData("What did we spend in 2019?")]
    [InlineData("hello")]
    public async Task Every_figure_of_an_answer_is_held_by_an_envelope(string question)
    {
        var run = await aider.House.AnswerAsync(question);

        output.WriteLine(run.Fault?.ToString() ?? string.Join(' ', run.Agents) + " | " + string.Join(' ', run.Tools));
        output.WriteLine(run.Report.Kind + " " + run.Report.Title);
        output.WriteLine(run.Completed.FinalResponse);
        run.AssertEveryFigureIsHeld(AiderHouse.Extent);
        Assert.NotEqual(ReportKind.Emergency, run.Report.Kind);
        Assert.StartsWith("**", run.Report.Markdown, StringComparison.Ordinal);
        Assert.All(run.Events.OfType<Protocol.Events.ToolCompleted>(), tool => Assert.Null(tool.Error));
    }
}
