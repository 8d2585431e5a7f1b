using System.Globalization;
using Apex.Agents.Tests.House;
using Apex.Protocol.Reports;
using Apex.Testing;

namespace Apex.Agents.Tests.Reports;

/// <summary>Figures of answers over the Aider file, held against a few naive lines over the same bytes.</summary>
public sealed class AiderFiguresTests(AiderHouse aider) : IClassFixture<AiderHouse>
{
    private sealed record Call(DateTimeOffset At, string Model, long Input, long Output, decimal Recorded);

    private static readonly IReadOnlyList<Call> Calls =
    [
        .. from line in File.ReadLines(SharedData.AiderCalls).Skip(1)
           let cell = line.Split(',')
           select new Call(
               DateTimeOffset.FromUnixTimeSeconds(long.Parse(cell[0], CultureInfo.InvariantCulture)), cell[2], Number(cell[6]), Number(cell[7]),
               decimal.Parse(cell[9].Length == 0 ? "0" : cell[9], NumberStyles.Float, CultureInfo.InvariantCulture)),
    ];

    [Fact]
    public async Task The_monthly_table_is_the_files_own_sums()
    {
        var report = (await aider.House.AnswerAsync("What did we spend per model, month by month?")).Report;
        var rows = TableRows(report, "| Month |");

        foreach (var month in Calls.GroupBy(call => call.At.ToString("yyyy-MM", CultureInfo.InvariantCulture)))
        {
            var cells = rows.Single(row => row[0] == month.Key);
            Assert.Equal(month.Sum(call => call.Recorded), Value(report, cells[2]), 6);
            Assert.Equal(month.Count(), Value(report, cells[3]));
        }

        var all = rows.Single(row => row[0] == "**all**");
        Assert.Equal(Calls.Sum(call => call.Recorded), Value(report, all[2]), 6);
        Assert.Equal(Calls.Count, Value(report, all[3]));
    }

    [Fact]
    public async Task Columns_of_the_monthly_table_and_the_rest_sum_to_its_cost()
    {
        var report = (await aider.House.AnswerAsync("What did we spend per model, month by month?")).Report;

        Assert.All(TableRows(report, "| Month |"), row =>
            Assert.Equal(Value(report, row[1]), row.Skip(4).Sum(cell => Value(report, cell)), 6));
    }

    [Fact]
    public async Task The_call_that_does_not_add_up_is_named_with_its_amounts()
    {
        var worst = Calls.MaxBy(call => call.Recorded)!;

        var report = (await aider.House.AnswerAsync("Is anything wrong with our spend?")).Report;

        var row = TableRows(report, "| When (UTC) |")[0];
        Assert.Equal(worst.At.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), row[0]);
        Assert.Equal($"`{worst.Model}`", row[1]);
        Assert.Equal(worst.Input, Value(report, row[2]));
        Assert.Equal(worst.Output, Value(report, row[3]));
        Assert.Equal(worst.Recorded, Value(report, row[4]), 6);
        Assert.Contains(Text(report, row[4]), report.Markdown.Split('\n')[0] + report.Markdown.Split('\n')[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_by_model_are_the_files_own_sums()
    {
        var report = (await aider.House.AnswerAsync("Top 5 models")).Report;

        foreach (var row in TableRows(report, "| Model |").Where(row => row[0].StartsWith('`')))
        {
            var calls = Calls.Where(call => $"`{call.Model}`" == row[0]).ToList();
            Assert.Equal(calls.Sum(call => call.Recorded), Value(report, row[3]), 6);
            Assert.Equal(calls.Count, Value(report, row[4]));
            Assert.Equal(calls.Sum(call => call.Input), Value(report, row[5]));
            Assert.Equal(calls.Sum(call => call.Output), Value(report, row[6]));
        }
    }

    private static long Number(string cell) => cell.Length == 0 ? 0 : (long)double.Parse(cell, CultureInfo.InvariantCulture);

    /// <summary>Cells of the table whose heading begins so.</summary>
    private static List<string[]> TableRows(Report report, string heading) =>
    [
        .. report.Markdown.Split('\n').SkipWhile(line => !line.StartsWith(heading, StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split(" | ").Select(cell => cell.Trim()).ToArray()),
    ];

    /// <summary>The exact value behind a printed figure; nothing printed counts as none.</summary>
    private static decimal Value(Report report, string cell) =>
        cell.Contains("#fig-", StringComparison.Ordinal) ? (decimal)report.Figures.Single(figure => cell.Contains($"(#{figure.Id})", StringComparison.Ordinal)).Value : 0;

    private static string Text(Report report, string cell) =>
        report.Figures.Single(figure => cell.Contains($"(#{figure.Id})", StringComparison.Ordinal)).Text;
}
