using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Documents;

/// <summary>Collects a report section by section. A section without content leaves no heading behind.</summary>
internal sealed class ReportDraft(DateTimeOffset madeAt)
{
    public DateTimeOffset MadeAt => madeAt;

    private readonly List<ReportSection> _sections = [];
    private readonly List<ReportBasis> _basis = [];
    private readonly List<string> _leftOut = [];
    private readonly List<string> _brief = [];
    private readonly List<KeyFigure> _keyFigures = [];
    private List<ReportPart> _parts = [];
    private List<int> _numbers = [];

    public void Section(string title)
    {
        _parts = [];
        _numbers = [];
        _sections.Add(new ReportSection(title, _parts, _numbers));
    }

    /// <summary>Says where the figures of the present section come from.</summary>
    public void From(ResultEnvelope envelope)
    {
        var known = _basis.Find(basis => basis.QueryId == envelope.Evidence.QueryId);
        if (known is null)
        {
            var tool = UsageTools.Find(envelope.Tool);
            known = new ReportBasis(
                _basis.Count + 1, envelope.Tool, By(envelope), tool?.Number ?? "", tool?.Purpose ?? "", envelope.Grade.ToString(), envelope.RowsUsed,
                envelope.PricedShare, envelope.Evidence.QueryId, envelope.PriceMapVersion, envelope.Assumptions, envelope.Caveats,
                envelope.Evidence.Checks);
            _basis.Add(known);
        }

        if (!_numbers.Contains(known.Number))
            _numbers.Add(known.Number);
    }

    public void Text(string text) => _parts.Add(new ReportPart.Paragraph(text));

    public void Callout(string text) => _parts.Add(new ReportPart.Callout(text));

    /// <summary>One or no point says nothing that the text does not.</summary>
    public void Picture(Chart? chart)
    {
        if (chart is { Labels.Count: > 1, Series.Count: > 0 })
            _parts.Add(new ReportPart.Picture(chart));
    }

    public void Grid(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<GridCell>> rows)
    {
        var all = rows.ToList();
        if (all.Count > 0)
            _parts.Add(new ReportPart.Grid(columns, all));
    }

    public void Artefact(string name, string content) => _parts.Add(new ReportPart.Artefact(name, content));

    public void Brief(string sentence) => _brief.Add(sentence);

    public void KeyFigure(string name, string value, string note = "") => _keyFigures.Add(new KeyFigure(name, value, note));

    public void LeftOut(string reason)
    {
        if (!_leftOut.Contains(reason))
            _leftOut.Add(reason);
    }

    public ReportDocument Finish(string title, string span, string? notice) => new(
        title, span, madeAt, notice, _keyFigures, _brief, [.. _sections.Where(section => section.Parts.Count > 0)], _basis, _leftOut);

    private static string By(ResultEnvelope envelope)
    {
        var dimensions = envelope.Result.Items("group_by").Select(one => (one.GetString() ?? "").Replace('_', ' ')).ToArray();
        return dimensions.Length == 0 ? "" : $" by {string.Join(" and ", dimensions)}";
    }
}
