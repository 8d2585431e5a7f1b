using Apex.Cli.Output;
using Spectre.Console;

namespace Apex.Cli.Tests.Output;

public sealed class MarkdownPrinterTests
{
    [Fact]
    public void Figures_show_their_text_charts_are_left_out_and_brackets_stay()
    {
        var printed = Print("**[5,563](#fig-1) calls** cost [$1.50](#fig-2) [see]\n\n![Cost by month](#chart-1)\n");

        Assert.Contains("5,563 calls cost $1.50 [see]", printed);
        Assert.DoesNotContain("fig-1", printed);
        Assert.DoesNotContain("Cost by month", printed);
    }

    [Fact]
    public void A_table_keeps_every_cell_and_its_headings()
    {
        var printed = Print("| Model | Cost |\n|---|---:|\n| `o3` | [$20.02](#fig-1) |\n| all | $30.00 |\n");

        foreach (var cell in new[] { "Model", "Cost", "o3", "$20.02", "all", "$30.00" })
            Assert.Contains(cell, printed);
    }

    [Fact]
    public void Lists_keep_their_numbers_marks_and_nesting()
    {
        var printed = Print("1. first\n2. second\n\n- outer\n  - inner\n");

        Assert.Contains("1. first", printed);
        Assert.Contains("2. second", printed);
        Assert.Contains("• outer", printed);
        Assert.Contains("• inner", printed);
    }

    [Fact]
    public void The_numbers_of_steps_go_on_after_the_code_of_one()
    {
        var within = Print("1. first\n\n   ```json\n   {\n     \"a\": 1\n   }\n   ```\n\n2. second\n");
        var between = Print("1. first\n\n```json\n{}\n```\n\n2. second\n");

        Assert.Contains("   {\n     \"a\": 1\n   }", within.ReplaceLineEndings("\n"));
        Assert.All(new[] { within, between }, printed => Assert.Contains("2. second", printed));
    }

    [Theory]
    [InlineData("[bold]not markup[/]")]
    [InlineData("a `[red]` b")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("| a |\n|---|\n| b | c | d |")]
    [InlineData("> quoted\n\n```\ncode\n```\n\n---\n")]
    public void Whatever_stands_in_an_answer_is_printed_without_a_fault(string markdown) => Assert.NotEmpty(Print(markdown));

    private static string Print(string markdown)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = 120;
        new MarkdownPrinter(console).Print(markdown);
        return text.ToString();
    }
}
