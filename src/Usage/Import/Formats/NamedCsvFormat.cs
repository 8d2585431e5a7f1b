using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>A source's rows as CSV; what is an object in its JSON form is JSON inside a cell here.</summary>
internal sealed class NamedCsvFormat(NamedCallReader reader) : CsvFormat((byte)',')
{
    private Cells? cells;

    public override string Name => $"{reader.Format} (CSV)";

    public override IReadOnlyList<string> Assumptions => reader.Assumptions;

    private Cells Row => cells ?? throw new InvalidOperationException("Rows come after the header.");

    protected override void FindColumns(CsvHeader header)
    {
        header.Require(reader.Format, reader.RequiredColumns);
        cells = new Cells(this, header);
    }

    protected override bool IsCall() => reader.IsCall(Row);

    protected override UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check) => reader.Read(Row, record.Span, check);

    private sealed class Cells(NamedCsvFormat format, CsvHeader header) : NamedRow
    {
        public override ReadOnlySpan<byte> Text(string name)
        {
            var text = format.Value(header.Find(name));
            return text.SequenceEqual("NULL"u8) || text.SequenceEqual("None"u8) || text.SequenceEqual("null"u8) ? default : text;
        }

        public override JsonElement? Json(string name) => Parse(Text(name));
    }
}
