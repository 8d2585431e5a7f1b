namespace Apex.Usage.Import.Reading;

/// <summary>
/// Finds where a record ends in bytes that arrive piece by piece. Keeps its place within the record; a new one starts after
/// each end.
/// </summary>
internal abstract class RecordScanner
{
    /// <summary>Looks only at new bytes.</summary>
    /// <returns>Bytes up to and with the record's end, or -1 when it ends later.</returns>
    public abstract int Scan(ReadOnlySpan<byte> next);

    /// <summary>Forgets the record that was begun.</summary>
    public abstract void Reset();

    /// <summary>The record without its terminator; empty when it holds nothing.</summary>
    public virtual ReadOnlySpan<byte> Content(ReadOnlySpan<byte> record) => record.TrimEnd("\r\n"u8);

    /// <summary>What is wrong when the file ends here; null when it may.</summary>
    public virtual string? UnfinishedReason => null;

    /// <summary>Whether a record that does not end may be given up line by line, so that the rest is still read.</summary>
    public virtual bool ResumesAtNextLine => false;
}
