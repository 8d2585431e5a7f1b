namespace Apex.Usage.Import.Reading;

/// <summary>One record per line.</summary>
internal sealed class LineScanner : RecordScanner
{
    public override int Scan(ReadOnlySpan<byte> next) => next.IndexOf((byte)'\n') + 1 is > 0 and var end ? end : -1;

    public override void Reset()
    {
    }
}
