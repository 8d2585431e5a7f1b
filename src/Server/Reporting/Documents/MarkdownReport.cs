using System.Globalization;
using System.Text;
using Apex.Server.Reporting.Charts;

namespace Apex.Server.Reporting.Documents;

/// <summary>A report as Markdown (GitHub's tables). Pictures are data addresses, so that it is one text; the command line puts them in files.</summary>
internal static class MarkdownReport
{
    public static string Write(ReportDocument report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {report.Title}\n\n{report.Span} · made {report.MadeAt.UtcDateTime:d MMMM yyyy, HH:mm} UTC\n\n");
        if (report.Notice is { } notice)
            text.Append("> **").Append(Inline(notice)).Append("**\n\n");
        if (report.KeyFigures.Count > 0)
        {
            text.Append("| ").AppendJoin(" | ", report.KeyFigures.Select(figure => Cell(figure.Name))).Append(" |\n|")
                .Append(string.Concat(Enumerable.Repeat(" --- |", report.KeyFigures.Count))).Append("\n| ")
                .AppendJoin(" | ", report.KeyFigures.Select(figure => $"**{Cell(figure.Value)}**{(figure.Note.Length > 0 ? " " + Cell(figure.Note) : "")}"))
                .Append(" |\n\n");
        }

        foreach (var sentence in report.Brief)
            text.Append("- ").Append(Inline(sentence)).Append('\n');
        text.Append('\n');
        foreach (var section in report.Sections)
            Write(text, section);
        WriteBasis(text, report);
        return text.ToString().TrimEnd() + "\n";
    }

    private static void Write(StringBuilder text, ReportSection section)
    {
        text.Append("## ").Append(Inline(section.Title)).Append("\n\n");
        foreach (var part in section.Parts)
        {
            switch (part)
            {
                case ReportPart.Paragraph paragraph:
                    text.Append(Inline(paragraph.Text));
                    break;
                case ReportPart.Callout callout:
                    text.Append("> **").Append(Inline(callout.Text)).Append("**");
                    break;
                case ReportPart.Picture picture:
                    var svg = Convert.ToBase64String(Encoding.UTF8.GetBytes(SvgChart.DrawAlone(picture.Chart)));
                    text.Append("![").Append(Inline(picture.Chart.Title)).Append("](data:image/svg+xml;base64,").Append(svg).Append(')');
                    break;
                case ReportPart.Grid grid:
                    Write(text, grid);
                    break;
                case ReportPart.Artefact artefact:
                    text.Append(Inline(artefact.Name)).Append("\n\n```\n").Append(artefact.Content.TrimEnd()).Append("\n```");
                    break;
            }

            text.Append("\n\n");
        }

        if (section.BasisNumbers.Count > 0)
            text.Append("*From ").AppendJoin(", ", section.BasisNumbers.Select(number => $"[{number}]")).Append(" below.*\n\n");
    }

    private static void Write(StringBuilder text, ReportPart.Grid grid)
    {
        text.Append("| ").AppendJoin(" | ", grid.Columns.Select(column => Cell(column.TrimStart('>')))).Append(" |\n|");
        foreach (var column in grid.Columns)
            text.Append(column.StartsWith('>') ? " ---: |" : " --- |");
        foreach (var row in grid.Rows)
            text.Append("\n| ").AppendJoin(" | ", row.Select(cell => Cell(cell.Text))).Append(" |");
    }

    private static void WriteBasis(StringBuilder text, ReportDocument report)
    {
        text.Append("## What the figures rest on\n\n| | Analysis | Grade | Rows | Priced | Query |\n| ---: | --- | --- | ---: | ---: | --- |\n");
        foreach (var basis in report.Basis)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {basis.Number} | {basis.Catalogue} `{basis.Tool}`{basis.By} | {basis.Grade} | {basis.RowsUsed:N0} | {basis.PricedShare:P1} | `{basis.QueryId}` |\n");
        var notes = new SharedNotes(report.Basis);
        foreach (var basis in report.Basis.Where(basis => notes.OwnOf(basis).Count > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n**[{basis.Number}] `{basis.Tool}`**\n\n");
            foreach (var line in notes.OwnOf(basis))
                text.Append("- ").Append(Inline(line)).Append('\n');
        }

        if (notes.All.Count > 0)
            text.Append("\n**Of several of them**\n\n");
        foreach (var (note, numbers) in notes.All)
            text.Append("- ").Append(Inline(note)).Append(' ').AppendJoin(", ", numbers.Select(number => $"[{number}]")).Append('\n');

        if (report.LeftOut.Count > 0)
        {
            text.Append("\n**Not in this report**\n\n");
            foreach (var line in report.LeftOut)
                text.Append("- ").Append(Inline(line)).Append('\n');
        }

        text.Append('\n').Append(GradeWords.Explained).Append('\n');
    }

    private static string Cell(string text) => Inline(text).Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>Names come from logs: nothing in one may become markup or end a line.</summary>
    private static string Inline(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var letter in text)
            safe.Append(letter switch
            {
                '*' or '_' or '`' or '[' or ']' or '<' or '\\' => $"\\{letter}",
                '\r' or '\n' => " ",
                _ => letter.ToString(),
            });
        return safe.ToString();
    }
}
