using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Mapped;

/// <summary>Any CSV, read by a column mapping.</summary>
internal sealed class MappedCsvFormat : CsvFormat
{
    private readonly ColumnMapping mapping;
    private readonly MappedCall call;
    private CsvHeader? header;

    public MappedCsvFormat(RowOrigin origin, ColumnMapping mapping)
        : base((byte)mapping.Delimiter[0])
    {
        this.mapping = mapping;
        call = new MappedCall(origin, mapping, column => Value(header!.Find(column))); // rows come after the header
    }

    public override string Name => MappedCall.NameOf(mapping);

    public override IReadOnlyList<string> Assumptions => MappedCall.AssumptionsOf(mapping);

    protected override void FindColumns(CsvHeader found)
    {
        found.Require($"'{mapping.Name}'", mapping.Columns.Values.Distinct());
        header = found;
    }

    protected override UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check) => call.Read(record, check);
}
