using System.Buffers.Binary;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>Whether a file begins as a binary export request does.</summary>
internal static class OtlpSample
{
    private const byte ResourceSpans = 0x0a;

    private static ReadOnlySpan<byte> Zstandard => [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>Messages behind their lengths: the head of the first fits both its length and its content.</summary>
    public static bool IsPrefixed(ReadOnlySpan<byte> sample) =>
        sample.Length > LengthPrefixedScanner.PrefixBytes && BinaryPrimitives.ReadUInt32BigEndian(sample) is > 0 and <= int.MaxValue
        && IsProtobuf(sample[LengthPrefixedScanner.PrefixBytes..]);

    /// <summary>The same, each message compressed by itself.</summary>
    public static bool IsPrefixedAndCompressed(ReadOnlySpan<byte> sample) =>
        sample.Length > LengthPrefixedScanner.PrefixBytes && sample[LengthPrefixedScanner.PrefixBytes..].StartsWith(Zstandard);

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
