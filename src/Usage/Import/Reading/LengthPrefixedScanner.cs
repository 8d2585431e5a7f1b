using System.Buffers.Binary;

namespace Apex.Usage.Import.Reading;

/// <summary>Messages each behind its length, an unsigned big-endian number of 32 bits: how OpenTelemetry's collector writes binary files.</summary>
internal sealed class LengthPrefixedScanner : RecordScanner
{
    public const int PrefixBytes = sizeof(uint);

    private readonly byte[] prefix = new byte[PrefixBytes];
    private long seen;

    public override string? UnfinishedReason => seen == 0 ? null : "the file ends in the middle of a message";

    public override int Scan(ReadOnlySpan<byte> next)
    {
        var at = 0;
        while (seen < PrefixBytes && at < next.Length)
            prefix[seen++] = next[at++];
        if (seen < PrefixBytes)
            return -1;

        var missing = PrefixBytes + BinaryPrimitives.ReadUInt32BigEndian(prefix) - seen;
        var taken = Math.Min(missing, next.Length - at);
        seen += taken;
        return taken == missing ? at + (int)taken : -1;
    }

    public override void Reset() => seen = 0;

    public override ReadOnlySpan<byte> Content(ReadOnlySpan<byte> record) => record[Math.Min(PrefixBytes, record.Length)..];
}
