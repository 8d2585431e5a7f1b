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

    public bool IsText => true;

    public void ReadHeader(ReadOnlyMemory<byte> record)
    {
        var header = CsvHeader.Read(record, delimiter);
        columnCount = header.Count;
        FindColumns(header);
    }

    public void Read(ReadOnlyMemory<byte> record, CallSink calls)
    {
        if (row.Read(record) is { } problem)
            calls.Reject("row", record.Span, problem);
        else if (row.Count != columnCount)
            calls.Reject("row", record.Span, $"{row.Count} values where the header has {columnCount} columns");
        else if (IsCall())
            calls.Take(ReadRow(record, calls.Check));
        else
            calls.Skip();
    }

    public void End(CallSink calls)
    {
    }

    protected abstract void FindColumns(CsvHeader header);

    /// <summary>Whether the row is a call of a model at all; other rows are passed over.</summary>
    protected virtual bool IsCall() => true;

    /// <summary>The row's call, not yet priced; null when <paramref name="check"/> holds a problem.</summary>
    protected abstract UsageEvent? ReadRow(ReadOnlyMemory<byte> record, RowCheck check);

    /// <summary>The value of a column of this row; empty when the file has no such column.</summary>
    protected ReadOnlySpan<byte> Value(int column) => column < 0 ? default : row[column];
}
