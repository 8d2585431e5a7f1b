namespace Apex.Usage.Import.Reading;

/// <summary>
/// Cuts a protobuf message of repeated sub-messages, field by field, so that a message of gigabytes is never held whole. Messages
/// behind one another read as one.
/// </summary>
internal sealed class ProtobufFieldScanner : RecordScanner
{
    private const int MaxVarintBytes = 10;

    private int seen;
    private int shift;
    private ulong length;
    private long remaining = -1;

    public override string? UnfinishedReason => seen == 0 ? null : "the message ends in the middle of a field";

    public override int Scan(ReadOnlySpan<byte> next)
    {
        var at = 0;
        while (at < next.Length)
        {
            if (remaining >= 0)
            {
                var taken = (int)Math.Min(remaining, next.Length - at);
                (remaining, at, seen) = (remaining - taken, at + taken, seen + taken);
                if (remaining == 0)
                    return at;
                continue;
            }

            TakeHead(next[at++]);
            if (remaining == 0)
                return at;
        }

        return -1;
    }

    public override void Reset() => (seen, shift, length, remaining) = (0, 0, 0, -1);

    public override ReadOnlySpan<byte> Content(ReadOnlySpan<byte> record) => record;

    /// <summary>The tag is one byte: the messages read here have no field above 15 at their top.</summary>
    private void TakeHead(byte value)
    {
        if (seen++ == 0)
            return;

        length |= (ulong)(value & 0x7f) << shift;
        shift += 7;
        if ((value & 0x80) == 0 || seen > MaxVarintBytes)
            remaining = length > int.MaxValue ? int.MaxValue : (long)length;
    }
}
