using Apex.Agents.Planning;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using Apex.Usage.Tools;

namespace Apex.Agents.Tests.Planning;

public sealed class NamedToolTests(DemoHouse demo) : IClassFixture<DemoHouse>
{
    /// <summary>Actions are ranked out of other findings, and sufficiency is asked before every answer that needs it.</summary>
    private static readonly string[] NotAlone = ["rank_actions", "sufficiency"];

    public static TheoryData<string> Names => [.. UsageTools.All.Select(tool => tool.Name).Except(NotAlone)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_tool_can_be_asked_for_by_name(string tool)
    {
        var named = AnalysisCatalogue.OfTool(tool);
        Assert.NotNull(named);

        var run = await demo.House.AnswerAsync(tool.Contains('_', StringComparison.Ordinal) ? $"Please run {tool}" : $"Please run {named.Number}");

        Assert.Contains(tool, run.Tools);
        Assert.All(run.Events.OfType<ToolCompleted>(), call => Assert.Null(call.Error));
        run.AssertEveryFigureIsHeld();
        Assert.DoesNotContain("does not hold what this question needs", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_tool_has_its_number_in_the_catalogue() => Assert.All(
        UsageTools.All.Where(tool => tool.Name != "sufficiency"),
        tool => Assert.Equal(tool.Number, AnalysisCatalogue.OfTool(tool.Name)?.Number));

    [Theory]
    [InlineData("what if we used gpt-4o-mini in November 2025?")]
    [InlineData("What would it cost if we moved to gpt-4o-mini in November 2025")]
    public async Task A_named_model_is_where_calls_go_and_no_filter(string question)
    {
        var run = await demo.House.AnswerAsync(question);

        var slots = run.Verdict!.Plan!.Slots;
        Assert.Equal("gpt-4o-mini", slots.Target);
        Assert.Empty(slots.Filters);
        run.AssertEveryFigureIsHeld();
        Assert.StartsWith("**Moved to `gpt-4o-mini`, the ", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_named_models_only_the_calls_of_the_one_that_is_left_are_moved()
    {
        var all = await demo.House.AnswerAsync("what if we used gpt-4o-mini in November 2025?");
        var some = await demo.House.AnswerAsync("what if we used gpt-4o-mini instead of gpt-4.1 in November 2025?");

        some.AssertEveryFigureIsHeld();
        Assert.Equal("gpt-4o-mini", some.Verdict!.Plan!.Slots.Target);
        Assert.Equal(["gpt-4.1"], Assert.Single(some.Verdict.Plan.Slots.Filters).Values);
        Assert.StartsWith("**Moved to `gpt-4o-mini`, the ", some.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("only gpt-4.1", some.Report.Title, StringComparison.Ordinal);
        Assert.InRange(some.Verdict.Log!.RowsInScope, 1, all.Verdict!.Log!.RowsInScope - 1);
    }

    [Fact]
    public async Task A_budget_is_answered_with_its_amount_and_forecast()
    {
        var run = await demo.House.AnswerAsync("Will we stay in a budget of $500?");

        run.AssertEveryFigureIsHeld();
        Assert.StartsWith("**The budget of ", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("spend_forecast", run.Tools);
    }

    [Fact]
    public async Task Savings_that_overlap_are_reported_with_their_joint_replay()
    {
        var run = await demo.House.AnswerAsync("Where can we save?");

        run.AssertEveryFigureIsHeld();
        Assert.Contains("All changes together, replayed call by call", run.Report.Markdown, StringComparison.Ordinal);
    }
}
