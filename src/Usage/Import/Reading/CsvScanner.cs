namespace Apex.Usage.Import.Reading;

/// <summary>CSV by RFC 4180: a line break between quotes belongs to the value.</summary>
internal sealed class CsvScanner : RecordScanner
{
    private bool quoted;

    public override string? UnfinishedReason => quoted ? "a quote is opened and never closed" : null;

    public override bool ResumesAtNextLine => true;

    public override int Scan(ReadOnlySpan<byte> next)
    {
        var at = 0;
        while (true)
        {
            var found = quoted ? next[at..].IndexOf((byte)'"') : next[at..].IndexOfAny((byte)'"', (byte)'\n');
            if (found < 0)
                return -1;

            at += found + 1;
            if (next[at - 1] == (byte)'\n')
                return at;

            // A doubled quote closes and opens again, which comes to the same.
            quoted = !quoted;
        }
    }

    public override void Reset() => quoted = false;
}
