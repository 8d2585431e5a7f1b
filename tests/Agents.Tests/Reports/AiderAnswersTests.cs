using System.Diagnostics;
using Apex.Agents.Tests.House;

namespace Apex.Agents.Tests.Reports;

public sealed class AiderAnswersTests(AiderHouse aider, ITestOutputHelper output) : IClassFixture<AiderHouse>
{
    [Theory]
    [InlineData("What are we spending, and is anything wrong with it?")]
    [InlineData("What did we spend per model, month by month?")]
    [InlineData("Is anything wrong with our spend?")]
    public async Task Every_figure_of_an_answer_is_held_by_an_envelope(string question)
    {
        var watch = Stopwatch.StartNew();
        var run = await aider.House.AnswerAsync(question);
        output.WriteLine($"{watch.ElapsedMilliseconds} ms");
        output.WriteLine(run.Fault?.ToString() ?? string.Join(' ', run.Types));
        output.WriteLine(run.Report.Markdown);

        run.AssertEveryFigureIsHeld(AiderHouse.Extent);
    }
}
