using System.Globalization;
using Apex.Agents.Figures;
using Apex.Agents.Reports;
using Apex.Agents.Subagents;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Agents.Tests.Figures;

public sealed class FigureCheckerTests
{
    private const string Call = "call_1";

    [Fact]
    public void Every_way_of_printing_a_value_is_held_by_its_envelope() => Prop.ForAll(
        ArbMap.Default.ArbFor<NormalFloat>().Filter(value => Math.Abs(value.Get) is > 1e-7 and < 1e12), value =>
        {
            var evidence = Evidence(value.Get);
            foreach (var format in Enum.GetValues<FigureFormat>())
            {
                // What is counted is whole; a part of one would be printed as none.
                if (format is FigureFormat.Count or FigureFormat.Tokens or FigureFormat.Milliseconds && Math.Abs(value.Get) < 1)
                    continue;
                var text = FigureText.Of(value.Get, format);
                Assert.Empty(FigureChecker.Check($"It was {text} in all.", NoFigures, evidence));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_number_that_was_tampered_with_is_found() => Prop.ForAll(
        ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<PositiveInt>(), (value, change) =>
        {
            var evidence = Evidence(value.Get);
            var tampered = (value.Get + change.Get).ToString("#,0", CultureInfo.InvariantCulture);

            Assert.Single(FigureChecker.Check($"There were {tampered} calls.", NoFigures, evidence));
            Assert.Single(FigureChecker.Check($"They cost ${tampered}.37 in all.", NoFigures, evidence));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_changed_digit_in_a_printed_report_is_found() => Prop.ForAll(
        ArbMap.Default.ArbFor<PositiveInt>().Filter(value => value.Get > 9), Gen.Choose(1, 9).ToArbitrary(), (value, step) =>
        {
            var evidence = Evidence(value.Get);
            var writer = new ReportWriter(evidence);
            writer.Paragraph($"There were {writer.Count(Source(value.Get), "/result/value")} calls.");
            var report = writer.Finish();
            var figures = report.Figures.ToDictionary(figure => figure.Id);
            Assert.Empty(FigureChecker.Check(report.Markdown, figures, evidence));

            var text = report.Figures[0].Text;
            var last = (char)('0' + ((text[^1] - '0' + step) % 10));
            var changed = report.Markdown.Replace($"[{text}]", $"[{text[..^1]}{last}]", StringComparison.Ordinal);
            Assert.True(last == text[^1] || FigureChecker.Check(changed, figures, evidence).Count > 0);
            Assert.NotEmpty(FigureChecker.Check(report.Markdown, figures, Evidence(value.Get + 1)));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("It cost $1,234.57.")]
    [InlineData("It cost $1,235.")]
    [InlineData("It cost $1.2k.")]
    [InlineData("That is 12.3 % of it.")]
    [InlineData("That is 12 % of it.")]
    [InlineData("Model `gpt-4o-2024-08-06` leads, then gpt-4o.")]
    [InlineData("In May 2025, on 2025-05-07, in 2025, at 2025-05-07 15:29.")]
    [InlineData("1. First\n2. Second\n3. Third")]
    [InlineData("You asked for the top 7 and a cut of 20 %.")]
    [InlineData("A caveat says 1,213 rows are old.")]
    [InlineData("The p95 and T22 are terms, and so is a 95 % interval.")]
    [InlineData("There is nothing to count here.")]
    public void What_an_envelope_or_the_question_holds_passes(string text) => Assert.Empty(FigureChecker.Check(text, NoFigures, Rich()));

    [Theory]
    [InlineData("It cost $1,234.58.")]
    [InlineData("It cost $1,236.")]
    [InlineData("It cost $12.3k.")]
    [InlineData("That is 12.4 % of it.")]
    [InlineData("That is 99 % of it.")]
    [InlineData("Model `gpt-5o` leads.")]
    [InlineData("Model claude-9-sonnet leads.")]
    [InlineData("In May 2019 it was so.")]
    [InlineData("On 2027-01-01 it was so.")]
    [InlineData("A caveat says 1,214 rows are old.")]
    [InlineData("Costs fell 10-40 %.")]
    [InlineData("| a | 4711 |")]
    [InlineData("It was [$1,234.57](#fig-1).")]
    public void What_nobody_holds_is_refused(string text) => Assert.NotEmpty(FigureChecker.Check(text, NoFigures, Rich()));

    [Fact]
    public void A_sentence_with_an_untraced_number_is_left_out_and_told_of()
    {
        var writer = new ReportWriter(Evidence(42));
        writer.Heading("Kept");
        writer.Paragraph($"There were {writer.Count(Source(42), "/result/value")} calls.", $"{Inline.Quoted("Someone claims 43.")}");
        writer.Heading("Left out whole");
        writer.Bullets($"{Inline.Quoted("Only 44 here.")}");
        writer.Table(["a", ">b"], [[Inline.Words("x"), Inline.Quoted("45")], [Inline.Words("y"), Inline.Quoted("42")]]);

        var report = writer.Finish();

        Assert.Equal(3, writer.Refused.Count);
        Assert.Contains("There were [42](#fig-1) calls.", report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("43", report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("45", report.Markdown, StringComparison.Ordinal);
        Assert.Contains("| y | 42 |", report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_year_of_a_source_may_be_repeated_and_no_other()
    {
        var evidence = new EvidenceIndex(
            [new ToolCallResult(Call, "prefix_cache_sim", ToolStatus.Success, Json.Of("""{"assumptions":["Five minutes (its documentation, 2025)."]}"""), null)], "caching", []);

        Assert.Empty(FigureChecker.Check("Assumed: Five minutes (its documentation, 2025).", NoFigures, evidence));
        Assert.NotEmpty(FigureChecker.Check("Assumed: Five minutes (its documentation, 2024).", NoFigures, evidence));
    }

    [Fact]
    public void Words_chosen_at_run_time_cannot_smuggle_a_number_in() =>
        Assert.Throws<ArgumentException>(() => Inline.Words("about 30 calls"));

    [Theory]
    [InlineData(1234.567, "$1,234.57")]
    [InlineData(0, "$0.00")]
    [InlineData(0.5, "$0.50")]
    [InlineData(0.0434, "$0.043")]
    [InlineData(0.00033, "$0.00033")]
    [InlineData(-9.999, "-$10.00")]
    public void Dollars_are_printed_as_people_read_them(double value, string text) =>
        Assert.Equal(text, FigureText.Of(value, FigureFormat.Dollars));

    [Theory]
    [InlineData(9_999, "9,999")]
    [InlineData(12_345, "12.3k")]
    [InlineData(999_960, "1M")]
    [InlineData(1_234_567, "1.2M")]
    [InlineData(3_400_000_000, "3.4B")]
    public void Tokens_are_printed_short(double value, string text) => Assert.Equal(text, FigureText.Of(value, FigureFormat.Tokens));

    private static Dictionary<string, Protocol.Reports.Figure> NoFigures => [];

    private static Envelope Source(double value) => Envelope.Of(Result(value))!;

    private static EvidenceIndex Evidence(double value) => new([Result(value)], "how much", []);

    private static EvidenceIndex Rich() => new(
        [
            new ToolCallResult(Call, "cost_breakdown", ToolStatus.Success, Json.Of(
                """
                {"tool":"cost_breakdown","window":{"from":"2025-05-01T00:00:00Z","to":"2025-06-01T00:00:00Z"},
                 "result":{"cost_usd":1234.567,"share":0.1234,"rows":[{"model":"gpt-4o-2024-08-06","day":"2025-05-07"}]},
                 "caveats":["1,213 rows are older than the first known price."]}
                """), null),
        ],
        "show the top 7 and cut 20 %", []);

    private static ToolCallResult Result(double value) => new(
        Call, "cost_breakdown", ToolStatus.Success,
        Json.Of($$$"""{"tool":"cost_breakdown","grade":"A","result":{"value":{{{value.ToString("R", CultureInfo.InvariantCulture)}}} } }"""), null);
}
