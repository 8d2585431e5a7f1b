using Apex.Usage.Events;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats;

/// <summary>What all CSV formats share: a header first, then rows with as many values as the header has.</summary>
internal abstract class CsvFormat(byte delimiter) : IUsageFormat
{
    private readonly CsvRow row = new(delimiter);
    private int columnCount;

    public abstract string Name { get; }

    public virtual IReadOnlyList<string> Assumptions => [];

    public RecordScanner NewScanner() => new CsvScanner();

    public bool HasHeader => true;

    public void ReadHeader(ReadOnlyMemory<byte> record)
    {
        var header = CsvHeader.Read(record, delimiter);
        columnCount = header.Count;
        FindColumns(header);
    }

    public UsageEvent? Read(ReadOnlyMemory<byte> record, RowCheck check)
    {
        if (row.Read(record) is { } problem)
            check.Reject("row", record.Span, problem);
        else if (row.Count != columnCount)
            check.Reject("row", record.Span, $"{row.Count} values where the header has {columnCount} columns");
        else
            return ReadRow(record, check);
        return null;
    }

    protected abstract void FindColumns(CsvHeader header);

    protected abstract UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check);

    /// <summary>The value of a column of this row; empty when the file has no such column.</summary>
    protected ReadOnlySpan<byte> Value(int column) => column < 0 ? default : row[column];
}
