using Apex.Agents.Tests.House;
using Apex.Protocol.Reports;

namespace Apex.Agents.Tests.Reports;

/// <summary>"Did the change save money?" over logs where the truth is known.</summary>
public sealed class VerifyTests(DemoHouse demo) : IClassFixture<DemoHouse>
{
    private static readonly DateTimeOffset Change = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Did the change of 2026-03-02 save money?")]
    [InlineData("did it work? we changed the prompt on March 2nd, 2026")]
    public async Task A_change_that_halved_answers_is_verified(string question)
    {
        await using var house = await AgentHouse.OpenAsync(calls: Calls(0.5));

        var run = await house.AnswerAsync(question);

        run.AssertEveryFigureIsHeld();
        Assert.StartsWith("**Yes: the cost of a request fell by [49.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("uncontrolled comparison of before with after", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("the change of 2026-03-02", run.Report.Title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_did_nothing_is_not_shown_to_save()
    {
        await using var house = await AgentHouse.OpenAsync(calls: Calls(1));

        var run = await house.AnswerAsync("Did the change of 2026-03-02 save money?");

        run.AssertEveryFigureIsHeld();
        Assert.StartsWith("**A saving is not shown", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demonstration_organisation_is_answered_with_a_verdict()
    {
        var run = await demo.House.AnswerAsync("did the change of 2025-11-10 save money?");

        run.AssertEveryFigureIsHeld();
        Assert.NotEqual(ReportKind.Guidance, run.Report.Kind);
        Assert.StartsWith("**A saving is not shown", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains(run.Report.Sources, source => source.ToolName == "savings_verification");
    }

    [Fact]
    public async Task Without_a_day_the_answer_asks_for_it()
    {
        var run = await demo.House.AnswerAsync("did the change save money?");

        run.AssertEveryFigureIsHeld();
        Assert.Contains("Name the first day with the change", run.Report.Markdown, StringComparison.Ordinal);
    }

    /// <summary>Eight weeks around the change of calls that differ in length.</summary>
    private static IEnumerable<Apex.Usage.Events.UsageEvent> Calls(double after)
    {
        for (var day = -28; day < 28; day++)
            for (var number = 0; number < 10; number++)
                yield return SomeCalls.Call(
                    Change.AddDays(day).AddMinutes(number), input: 100,
                    output: (long)(5_000 * (day < 0 ? 1 : after) * (1 + (((((day * 7) + (number * 3) + 200) % 11) - 5) * 0.03)))) with { QualityScore = 0.9, Feature = "chat" };
    }
}
