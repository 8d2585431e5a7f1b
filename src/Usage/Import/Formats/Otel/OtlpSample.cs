namespace Apex.Usage.Import.Formats.Otel;

/// <summary>Whether a file begins as a binary export request does.</summary>
internal static class OtlpSample
{
    private const byte ResourceSpans = 0x0a;

    /// <summary>Text may begin with the same byte, a line break; so the head of the next message inside must fit as well.</summary>
    public static bool IsProtobuf(ReadOnlySpan<byte> sample)
    {
        if (sample.Length < 4 || sample[0] != ResourceSpans)
            return false;

        var at = 1;
        long length = 0;
        for (var shift = 0; at < sample.Length && shift < 35; shift += 7)
        {
            var part = sample[at++];
            length |= (long)(part & 0x7f) << shift;
            if ((part & 0x80) != 0)
                continue;

            // Fields 1 (resource), 2 (spans) or 3 (schema address), each of bytes; and text has no such length before such a byte.
            return length > 0 && at < sample.Length && sample[at] is 0x0a or 0x12 or 0x1a && HasControl(sample[1..Math.Min(sample.Length, 64)]);
        }

        return false;
    }

    private static bool HasControl(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (value is < 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
                return true;
        }

        return false;
    }
}
