using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Documents;

/// <summary>A report before it has a form: what stands in it, in reading order. Written as HTML or as Markdown.</summary>
/// <param name="Span">The time it covers, in words.</param>
/// <param name="Notice">What a reader must know before the first figure; null for nothing.</param>
/// <param name="Brief">The findings in a few sentences.</param>
/// <param name="LeftOut">What could not be shown and why.</param>
internal sealed record ReportDocument(
    string Title,
    string Span,
    DateTimeOffset MadeAt,
    string? Notice,
    IReadOnlyList<KeyFigure> KeyFigures,
    IReadOnlyList<string> Brief,
    IReadOnlyList<ReportSection> Sections,
    IReadOnlyList<ReportBasis> Basis,
    IReadOnlyList<string> LeftOut);

/// <summary>A number to see first.</summary>
/// <param name="Note">What to compare it with; empty for nothing.</param>
internal sealed record KeyFigure(string Name, string Value, string Note);

/// <param name="BasisNumbers">Which entries of <see cref="ReportDocument.Basis"/> the section's figures come from.</param>
internal sealed record ReportSection(string Title, IReadOnlyList<ReportPart> Parts, IReadOnlyList<int> BasisNumbers);

internal abstract record ReportPart
{
    public sealed record Paragraph(string Text) : ReportPart;

    /// <summary>Something that needs attention.</summary>
    public sealed record Callout(string Text) : ReportPart;

    public sealed record Picture(Chart Chart) : ReportPart;

    /// <param name="Columns">Headings; one that starts with '&gt;' is right-aligned.</param>
    public sealed record Grid(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<GridCell>> Rows) : ReportPart;

    /// <summary>Text to be taken over as it is: a rule, a list of rows.</summary>
    public sealed record Artefact(string Name, string Content) : ReportPart;
}

/// <param name="Bar">Draws a bar behind the text, 0 to 1.</param>
internal readonly record struct GridCell(string Text, double? Bar = null)
{
    public static implicit operator GridCell(string text) => new(text);
}

/// <summary>A tool call the figures come from.</summary>
/// <param name="By">What it was divided by; empty for nothing.</param>
internal sealed record ReportBasis(
    int Number,
    string Tool,
    string By,
    string Catalogue,
    string Question,
    string Grade,
    long RowsUsed,
    double PricedShare,
    string QueryId,
    string PriceMapVersion,
    IReadOnlyList<string> Assumptions,
    IReadOnlyList<string> Caveats,
    IReadOnlyList<string> Checks);
