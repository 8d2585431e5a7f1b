using Apex.Agents.Tests.House;

namespace Apex.Agents.Tests.Reports;

/// <summary>What supports an answer is told in words; names of a result's fields are for those who ask for an analysis by its name.</summary>
public sealed class FindingWordsTests(DemoHouse demo, AiderHouse aider) : IClassFixture<DemoHouse>, IClassFixture<AiderHouse>
{
    [Theory]
    [InlineData("Where can we save?")]
    [InlineData("What do long prompts and conversations cost us?")]
    [InlineData("Who spends most?")]
    [InlineData("Do we pay twice for the same prompts?")]
    [InlineData("Which calls could wait for batch prices?")]
    [InlineData("How close are we to our rate limits?")]
    [InlineData("Why are our answers slow?")]
    [InlineData("Is prompt caching worth it?")]
    public async Task No_answer_over_the_demonstration_organisation_lists_bare_fields(string question)
    {
        var run = await demo.House.AnswerAsync(question);

        run.AssertEveryFigureIsHeld();
        Assert.DoesNotContain("| Figure |", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("| Keys |", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_looked_for_without_a_find_is_a_line_each_and_assumes_nothing_in_the_method()
    {
        var run = await aider.House.AnswerAsync("How can we reduce our costs?");

        run.AssertEveryFigureIsHeld();
        var section = Section(run.Report.Markdown, "Looked for, without a find");
        Assert.All(section, line => Assert.StartsWith("- ", line, StringComparison.Ordinal));
        Assert.Contains(section, line => line.Contains("prompt_hash", StringComparison.Ordinal));
        Assert.Contains(section, line => line.Contains("no failed call and no second attempt", StringComparison.Ordinal));
        Assert.DoesNotContain("| Figure |", run.Report.Markdown, StringComparison.Ordinal);
        // Nothing of the answer rests on the replay of retries, so what it assumed would only be in the way; the source keeps it.
        Assert.DoesNotContain(Section(run.Report.Markdown, "Method and limits"), line => line.Contains("A retry repeats a prompt", StringComparison.Ordinal));
        Assert.Contains(run.Report.Sources, source => source.ToolName == "retry_waste" && source.Assumptions.Any(text => text.StartsWith("A retry repeats", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_analysis_that_is_asked_for_by_name_shows_its_words_and_its_figures()
    {
        var run = await demo.House.AnswerAsync("show fixed_overhead");

        run.AssertEveryFigureIsHeld();
        Assert.StartsWith("**System prompts and tool definitions are", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("| Figure |", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_steps_of_an_answer_keep_their_numbers_around_what_is_to_be_copied()
    {
        var run = await demo.House.AnswerAsync("Where can we save?");

        var steps = Section(run.Report.Markdown, "What to do");
        Assert.Contains(steps, line => line.StartsWith("2. ", StringComparison.Ordinal));
        Assert.Contains(steps, line => line.StartsWith("   ```", StringComparison.Ordinal));
        Assert.DoesNotContain(steps, line => line.StartsWith("```", StringComparison.Ordinal));
    }

    private static string[] Section(string markdown, string heading) =>
        [.. markdown.Split('\n').SkipWhile(line => line != "## " + heading).Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)).Where(line => line.Length > 0)];
}
