using System.Buffers.Binary;
using System.IO.Compression;

namespace Apex.Storage;

/// <summary>
/// Packs what is often written and seldom read, with Brotli at its fastest: JSON comes down to a tenth, and the pages spared are worth the time.
/// </summary>
internal static class Packing
{
    private const int PackFrom = 2 * 1024;
    private const int Fastest = 1;
    private const int Window = 22;

    /// <summary>First byte of what is packed; its length unpacked follows, in bytes, little-endian. No text begins so.</summary>
    private const byte Mark = 1;

    private const int HeadBytes = 1 + sizeof(int);

    /// <returns>Null when it is not worth it.</returns>
    public static ReadOnlyMemory<byte>? TryPack(ReadOnlySpan<byte> content)
    {
        if (content.Length < PackFrom)
            return null;

        var packed = new byte[HeadBytes + BrotliEncoder.GetMaxCompressedLength(content.Length)];
        if (!BrotliEncoder.TryCompress(content, packed.AsSpan(HeadBytes), out var written, Fastest, Window) || HeadBytes + written > content.Length / 2)
            return null;
        packed[0] = Mark;
        BinaryPrimitives.WriteInt32LittleEndian(packed.AsSpan(1), content.Length);
        return packed.AsMemory(0, HeadBytes + written);
    }

    /// <summary>Whether a text was packed.</summary>
    public static bool IsPackedText(ReadOnlySpan<byte> stored) => stored is [Mark, ..];

    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static byte[] Unpack(ReadOnlySpan<byte> packed)
    {
        if (packed.Length > HeadBytes && packed[0] == Mark && BinaryPrimitives.ReadInt32LittleEndian(packed[1..]) is >= 0 and var length)
        {
            var content = new byte[length];
            if (BrotliDecoder.TryDecompress(packed[HeadBytes..], content, out var written) && written == length)
                return content;
        }

        throw new InvalidDataException($"{packed.Length} packed bytes are damaged.");
    }
}
