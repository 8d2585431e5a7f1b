using System.Globalization;
using System.Net;
using System.Text;
using Apex.Protocol.Reports;
using Apex.Server.Reporting.Charts;

namespace Apex.Server.Reporting.Documents;

/// <summary>A report as one HTML file: pictures and styles inside, no script, nothing fetched; for screens light and dark and for paper.</summary>
internal static class HtmlReport
{
    public static string Write(ReportDocument report)
    {
        var html = new StringBuilder(64 * 1024);
        html.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta name=\"color-scheme\" content=\"light dark\">\n<title>").Append(Text($"{report.Title} · {report.Span}"))
            .Append("</title>\n<style>\n").Append(ReportStyle.Css).Append("</style>\n</head>\n<body>\n<main>\n");
        WriteHead(html, report);
        foreach (var (section, number) in report.Sections.Select((section, i) => (section, i + 1)))
            Write(html, section, number);
        WriteBasis(html, report);
        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void WriteHead(StringBuilder html, ReportDocument report)
    {
        html.Append("<header>\n<p class=\"kind\">Apex · AI spend</p>\n<h1>").Append(Text(report.Title)).Append("</h1>\n<p class=\"span\">")
            .Append(Text(report.Span)).Append(CultureInfo.InvariantCulture, $" <span>made {report.MadeAt.UtcDateTime:d MMMM yyyy, HH:mm} UTC</span></p>\n");
        if (report.Notice is { } notice)
            html.Append("<p class=\"notice\">").Append(Text(notice)).Append("</p>\n");
        html.Append("<dl class=\"key\">");
        foreach (var figure in report.KeyFigures)
            html.Append("<div><dt>").Append(Text(figure.Name)).Append("</dt><dd>").Append(Text(figure.Value)).Append("</dd>")
                .Append(figure.Note.Length > 0 ? $"<dd class=\"note\">{Text(figure.Note)}</dd>" : "").Append("</div>");
        html.Append("</dl>\n");
        if (report.Brief.Count > 0)
        {
            html.Append("<section class=\"brief\"><h2>In brief</h2><ul>");
            foreach (var sentence in report.Brief)
                html.Append("<li>").Append(Text(sentence)).Append("</li>");
            html.Append("</ul></section>\n");
        }

        html.Append("</header>\n");
    }

    private static void Write(StringBuilder html, ReportSection section, int number)
    {
        html.Append(CultureInfo.InvariantCulture, $"<section>\n<h2><span class=\"number\">{number}</span>{Text(section.Title)}</h2>\n");
        foreach (var part in section.Parts)
        {
            switch (part)
            {
                case ReportPart.Paragraph paragraph:
                    html.Append("<p>").Append(Text(paragraph.Text)).Append("</p>\n");
                    break;
                case ReportPart.Callout callout:
                    html.Append("<p class=\"callout\">").Append(Text(callout.Text)).Append("</p>\n");
                    break;
                case ReportPart.Picture picture:
                    Write(html, picture.Chart);
                    break;
                case ReportPart.Grid grid:
                    Write(html, grid);
                    break;
                case ReportPart.Artefact artefact:
                    html.Append("<details class=\"artefact\"><summary>").Append(Text(artefact.Name)).Append("</summary><pre>")
                        .Append(Text(artefact.Content)).Append("</pre></details>\n");
                    break;
            }
        }

        if (section.BasisNumbers.Count > 0)
            html.Append("<p class=\"from\">From ").AppendJoin(", ", section.BasisNumbers.Select(Reference)).Append("</p>\n");
        html.Append("</section>\n");
    }

    private static void Write(StringBuilder html, Chart chart)
    {
        html.Append("<figure>\n<figcaption>").Append(Text(chart.Title)).Append("</figcaption>\n").Append(SvgChart.Draw(chart))
            .Append("\n<details><summary>The figures as a table</summary><div class=\"scroll\"><table><thead><tr><th></th>");
        if (chart.Axis is { } axis)
            html.Append("<th class=\"n\">").Append(Text(axis.Title)).Append("</th>");
        foreach (var series in chart.Series)
            html.Append("<th class=\"n\">").Append(Text(series.Name)).Append("</th>");
        html.Append("</tr></thead><tbody>");
        for (var i = 0; i < chart.Labels.Count; i++)
        {
            html.Append("<tr><th>").Append(Text(chart.Labels[i])).Append("</th>");
            if (chart.Axis is { } numbers)
                html.Append("<td class=\"n\">").Append(Text(FieldText.Value(numbers.Positions[i], numbers.Unit))).Append("</td>");
            foreach (var series in chart.Series)
                html.Append("<td class=\"n\">").Append(series.Values[i] is { } value ? Text(FieldText.Value(value, chart.Unit)) : "–").Append("</td>");
            html.Append("</tr>");
        }

        html.Append("</tbody></table></div></details>\n</figure>\n");
    }

    private static void Write(StringBuilder html, ReportPart.Grid grid)
    {
        html.Append("<div class=\"scroll\"><table><thead><tr>");
        foreach (var column in grid.Columns)
            html.Append(column.StartsWith('>') ? "<th class=\"n\">" : "<th>").Append(Text(column.TrimStart('>'))).Append("</th>");
        html.Append("</tr></thead><tbody>");
        foreach (var row in grid.Rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Count; i++)
            {
                html.Append(grid.Columns[i].StartsWith('>') ? "<td class=\"n\"" : "<td");
                if (row[i].Bar is { } share)
                    html.Append(CultureInfo.InvariantCulture, $" style=\"--share:{Math.Clamp(share, 0, 1) * 100:0.#}%\" data-bar");
                html.Append('>').Append(Text(row[i].Text)).Append("</td>");
            }

            html.Append("</tr>");
        }

        html.Append("</tbody></table></div>\n");
    }

    private static void WriteBasis(StringBuilder html, ReportDocument report)
    {
        html.Append("<section class=\"basis\">\n<h2>What the figures rest on</h2>\n<ol>");
        var notes = new SharedNotes(report.Basis);
        var explained = new HashSet<string>(StringComparer.Ordinal);
        foreach (var basis in report.Basis)
        {
            html.Append(CultureInfo.InvariantCulture, $"<li id=\"basis-{basis.Number}\" value=\"{basis.Number}\"><p><span class=\"grade {basis.Grade}\">{basis.Grade}</span><b>{Text(basis.Tool)}</b>{Text(basis.By)} ")
                .Append(CultureInfo.InvariantCulture, $"<span class=\"muted\">{basis.Catalogue} · {basis.RowsUsed:N0} rows · {FieldText.Value(basis.PricedShare, "share")} priced · {basis.QueryId}</span></p>");
            if (explained.Add(basis.Tool))
                html.Append("<p class=\"muted\">").Append(Text(basis.Question)).Append("</p>");
            if (notes.OwnOf(basis) is { Count: > 0 } own)
                html.Append("<ul>").Append(string.Concat(own.Select(line => $"<li>{Text(line)}</li>"))).Append("</ul>");
            html.Append("</li>");
        }

        html.Append("</ol>\n");
        if (notes.All.Count > 0)
            html.Append("<h3>Of several of them</h3><ul>").Append(string.Concat(notes.All.Select(shared =>
                $"<li>{Text(shared.Note)} <span class=\"from\">{string.Join(", ", shared.Numbers.Select(Reference))}</span></li>"))).Append("</ul>");
        if (report.LeftOut.Count > 0)
            html.Append("<h3>Not in this report</h3><ul>").Append(string.Concat(report.LeftOut.Select(line => $"<li>{Text(line)}</li>"))).Append("</ul>");
        html.Append("<p class=\"muted\">").Append(Text(GradeWords.Explained));
        if (report.Basis.Count > 0)
            html.Append(" Prices: ").Append(Text(report.Basis[0].PriceMapVersion)).Append('.');
        html.Append("</p>\n</section>\n");
    }

    private static string Reference(int basis) => string.Create(CultureInfo.InvariantCulture, $"<a href=\"#basis-{basis}\">[{basis}]</a>");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
