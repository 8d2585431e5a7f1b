using System.Globalization;
using Apex.Protocol.Http;
using Spectre.Console;

namespace Apex.Cli.Output;

/// <summary>Says what became of an import: counts on standard output, rejected rows with line, field, value and reason as notes.</summary>
internal static class ImportSummary
{
    private const int ShownRejections = 10;

    /// <summary>What the server calls a job that changed prices and read no file.</summary>
    private const string PricesAlone = "prices";

    public static void Print(ImportJobView job, string name, Terminal terminal)
    {
        if (job.State != JobState.Completed)
            terminal.Notes.MarkupLine($"[red]{Markup.Escape(name)} was not imported:[/] {Markup.Escape(job.Error ?? job.State.ToString())}");

        if (job.Format == PricesAlone)
        {
            PrintNotes(job, terminal.Results);
            return;
        }

        terminal.Results.MarkupLine(
            $"{Markup.Escape(name)}: {Count(job.RowsRead)} rows read as {Markup.Escape(job.Format ?? "unknown format")}, "
            + $"{Count(job.RowsStored)} stored, {Count(job.RowsDuplicate)} already there, {Count(job.RowsRejected)} rejected");
        if (job.FirstStart is { } first && job.LastStart is { } last)
            terminal.Results.MarkupLine($"  from {first:yyyy-MM-dd} to {last:yyyy-MM-dd}");
        foreach (var (flag, count) in job.QualityFlags.OrderByDescending(f => f.Value))
            terminal.Notes.MarkupLine($"  [grey]{Count(count)} × {Markup.Escape(flag)}[/]");
        PrintNotes(job, terminal.Notes);
        PrintRejected(job, terminal);
    }

    private static void PrintNotes(ImportJobView job, IAnsiConsole to)
    {
        foreach (var note in job.Notes ?? [])
            to.MarkupLine($"  [grey]{Markup.Escape(note)}[/]");
    }

    private static void PrintRejected(ImportJobView job, Terminal terminal)
    {
        if (job.Rejected.Count == 0)
            return;

        var table = new Table().Border(TableBorder.Simple).AddColumns("line", "field", "value", "reason");
        foreach (var row in job.Rejected.Take(ShownRejections))
            table.AddRow(row.Line.ToString(CultureInfo.InvariantCulture), Markup.Escape(row.Field), Markup.Escape(row.Value), Markup.Escape(row.Reason));
        terminal.Notes.Write(table);
        if (job.RowsRejected > ShownRejections)
            terminal.Notes.MarkupLine($"  [grey]and {Count(job.RowsRejected - ShownRejections)} more[/]");
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
