using System.Globalization;
using System.Text;
using Apex.Agents.Conversing;
using Apex.Agents.Figures;
using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>
/// Writes a report of which every number is a figure of an envelope. Sentences are <see cref="Prose"/>, so a number can get into one
/// only through <see cref="Dollars"/> and its siblings; when the report is finished, each sentence, table row and chart is held
/// against the envelopes, and one with a number that none holds is left out and counted in <see cref="Refused"/>.
/// </summary>
internal sealed class ReportWriter(EvidenceIndex evidence)
{
    private readonly Dictionary<string, Figure> _figures = new(StringComparer.Ordinal);
    private readonly Dictionary<(string CallId, string Pointer, string Text), string> _known = [];
    private readonly List<Block> _blocks = [];
    private readonly List<Chart> _charts = [];
    private readonly List<string> _refused = [];

    /// <summary>What was left out, and why.</summary>
    public IReadOnlyList<string> Refused => _refused;

    /// <summary>Whether a figure of this call was printed by now.</summary>
    public bool Cites(string callId) => _figures.Values.Any(figure => figure.ToolCallId == callId);

    public Inline Dollars(Envelope envelope, string pointer) => Figure(envelope, pointer, FigureFormat.Dollars, "usd");

    public Inline Count(Envelope envelope, string pointer, string unit = "count") => Figure(envelope, pointer, FigureFormat.Count, unit);

    public Inline Tokens(Envelope envelope, string pointer) => Figure(envelope, pointer, FigureFormat.Tokens, "tokens");

    public Inline Share(Envelope envelope, string pointer) => Figure(envelope, pointer, FigureFormat.Share, "share");

    public Inline Number(Envelope envelope, string pointer, string unit = "count") => Figure(envelope, pointer, FigureFormat.Number, unit);

    public Inline Milliseconds(Envelope envelope, string pointer) => Figure(envelope, pointer, FigureFormat.Milliseconds, "ms");

    public void Headline(params Prose[] sentences) => _blocks.Add(new Block.Paragraph(Texts(sentences), Bold: true));

    public void Paragraph(params Prose[] sentences) => _blocks.Add(new Block.Paragraph(Texts(sentences), Bold: false));

    public void Heading(string words) => _blocks.Add(new Block.Heading(words));

    public void Bullets(params Prose[] items) => Bullets((IReadOnlyList<Prose>)items);

    public void Bullets(IReadOnlyList<Prose> items)
    {
        if (items.Count > 0)
            _blocks.Add(new Block.Bullets(Texts(items)));
    }

    /// <summary>Numbered steps, each with what is to be taken over below it; null: nothing.</summary>
    public void Steps(IReadOnlyList<(Prose Words, CodeSample? Code)> items)
    {
        if (items.Count > 0)
            _blocks.Add(new Block.Steps([.. items.Select(item => (item.Words.ToString().Trim(), item.Code))]));
    }

    /// <param name="columns">Headings; one that starts with '&gt;' is right-aligned.</param>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<Inline>> rows)
    {
        var texts = rows.Select(row => (IReadOnlyList<string>)[.. row.Select(cell => cell.Markdown)]).ToArray();
        if (texts.Length > 0)
            _blocks.Add(new Block.Table(columns, texts));
    }

    /// <summary>A chart of values read from one envelope; left out when there are fewer than two points.</summary>
    public void Chart(ChartKind kind, string title, Envelope envelope, IReadOnlyList<string> labels, IReadOnlyList<ChartSeries> series, string unit)
    {
        if (labels.Count < 2 || series.Count == 0)
            return;
        var id = string.Create(CultureInfo.InvariantCulture, $"chart-{_charts.Count + 1}");
        _charts.Add(new Chart(id, kind, title, labels, series, unit, envelope.CallId));
        _blocks.Add(new Block.Picture(id, title));
    }

    /// <summary>
    /// Words that a chat model wrote, line by line: each number of theirs that an envelope prints the same way becomes a figure that can
    /// be opened, and every line is checked like our own.
    /// </summary>
    /// <param name="find">The envelope of a call.</param>
    public void Passage(string markdown, ModelFigures figures, Func<string, Envelope?> find) => _blocks.Add(
        new Block.Passage([.. markdown.Split('\n').Select(line => (line, Linked(line, figures, find)))]));

    /// <summary>Checks everything and puts the report together.</summary>
    public WrittenReport Finish()
    {
        var markdown = new StringBuilder();
        string? pendingHeading = null;
        foreach (var block in _blocks)
        {
            if (block is Block.Heading heading)
            {
                pendingHeading = heading.Words;
                continue;
            }

            var text = Checked(block);
            if (text.Length == 0)
                continue;
            // A section whose every sentence was refused, or never written, leaves no heading behind.
            if (pendingHeading is not null)
                markdown.Append("## ").Append(pendingHeading).Append("\n\n");
            pendingHeading = null;
            markdown.Append(text).Append('\n');
        }

        var printed = markdown.ToString().TrimEnd() + "\n";
        return new WrittenReport(
            printed,
            [.. _figures.Values.Where(figure => printed.Contains($"(#{figure.Id})", StringComparison.Ordinal))],
            [.. _charts.Where(chart => printed.Contains($"(#{chart.Id})", StringComparison.Ordinal))]);
    }

    private string Linked(string line, ModelFigures figures, Func<string, Envelope?> find)
    {
        foreach (var (index, text, place) in figures.Places(line).OrderByDescending(one => one.Index))
            if (find(place.CallId) is { } envelope)
                line = line[..index] + Figure(envelope, place.Pointer, place.Format, FigureText.UnitOf(place.Format)).Markdown + line[(index + text.Length)..];
        return line;
    }

    private Inline Figure(Envelope envelope, string pointer, FigureFormat format, string unit)
    {
        if (envelope.Number(pointer) is not { } value)
            return new Inline("–");
        var text = FigureText.Of(value, format);
        var key = (envelope.CallId, pointer, text);
        if (!_known.TryGetValue(key, out var id))
        {
            id = string.Create(CultureInfo.InvariantCulture, $"fig-{_figures.Count + 1}");
            _known[key] = id;
            _figures[id] = new Figure(id, text, value, unit, envelope.CallId, envelope.Tool, pointer, envelope.Grade);
        }

        return new Inline($"[{text}](#{id})");
    }

    private string Checked(Block block) => block switch
    {
        Block.Paragraph paragraph => Kept(paragraph.Sentences) is { Count: > 0 } kept
            ? (paragraph.Bold ? $"**{string.Join(' ', kept)}**" : string.Join(' ', kept)) + "\n"
            : "",
        Block.Bullets bullets => string.Concat(Kept(bullets.Items).Select(item => "- " + item + "\n")),
        Block.Steps steps => CheckedSteps(steps),
        Block.Table table => CheckedTable(table),
        Block.Picture picture => CheckedPicture(picture),
        Block.Passage passage => CheckedPassage(passage),
        _ => "",
    };

    /// <summary>A line whose links do not hold is shown without them, if its words do.</summary>
    private string CheckedPassage(Block.Passage passage)
    {
        var lines = passage.Lines.Select(line => line switch
        {
            _ when line.Linked == line.Plain || FigureChecker.Check(line.Linked, _figures, evidence).Count == 0 => line.Linked,
            _ => line.Plain,
        }).Where(Holds);
        return string.Join('\n', lines).Trim() is { Length: > 0 } text ? text + "\n" : "";
    }

    private string CheckedSteps(Block.Steps steps)
    {
        var text = new StringBuilder();
        foreach (var (index, (words, code)) in steps.Items.Where(step => Holds(step.Text)).Index())
        {
            var mark = string.Create(CultureInfo.InvariantCulture, $"{index + 1}. ");
            text.Append(mark).Append(words).Append('\n');
            // Indented, so that it belongs to its step and the numbers go on after it.
            if (code is not null && Holds(code.Markdown))
                text.Append('\n').Append(Indented(code.Markdown, mark.Length)).Append("\n\n");
        }

        return text.Length == 0 ? "" : text.ToString().TrimEnd() + "\n";
    }

    private static string Indented(string text, int columns) =>
        string.Join('\n', text.Split('\n').Select(line => line.Length == 0 ? line : new string(' ', columns) + line));

    private List<string> Kept(IReadOnlyList<string> sentences) => [.. sentences.Where(sentence => sentence.Length > 0 && Holds(sentence))];

    private string CheckedTable(Block.Table table)
    {
        var rows = table.Rows.Where(row => Holds(string.Join(" | ", row))).ToArray();
        if (rows.Length == 0)
            return "";
        var text = new StringBuilder();
        text.Append("| ").AppendJoin(" | ", table.Columns.Select(column => column.TrimStart('>'))).Append(" |\n|");
        foreach (var column in table.Columns)
            text.Append(column.StartsWith('>') ? " ---: |" : " --- |");
        text.Append('\n');
        foreach (var row in rows)
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        return text.ToString();
    }

    private string CheckedPicture(Block.Picture picture)
    {
        var faults = FigureChecker.Check(_charts.First(chart => chart.Id == picture.Id), evidence);
        _refused.AddRange(faults);
        return faults.Count == 0 ? $"![{picture.Title}](#{picture.Id})\n" : "";
    }

    private bool Holds(string text)
    {
        var faults = FigureChecker.Check(text, _figures, evidence);
        _refused.AddRange(faults);
        return faults.Count == 0;
    }

    private static string[] Texts(IReadOnlyList<Prose> sentences) => [.. sentences.Select(sentence => sentence.ToString().Trim())];

    private abstract record Block
    {
        public sealed record Heading(string Words) : Block;

        public sealed record Paragraph(IReadOnlyList<string> Sentences, bool Bold) : Block;

        public sealed record Bullets(IReadOnlyList<string> Items) : Block;

        public sealed record Steps(IReadOnlyList<(string Text, CodeSample? Code)> Items) : Block;

        public sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : Block;

        public sealed record Passage(IReadOnlyList<(string Plain, string Linked)> Lines) : Block;

        public sealed record Picture(string Id, string Title) : Block;
    }
}

/// <summary>Text of an envelope to be copied as it stands: a rule, a header, a file.</summary>
internal sealed record CodeSample(string Language, string Text)
{
    public string Markdown => $"```{Language}\n{Text}\n```";
}

/// <summary>A report's text with the figures and charts that are printed in it.</summary>
internal sealed record WrittenReport(string Markdown, IReadOnlyList<Figure> Figures, IReadOnlyList<Chart> Charts);
