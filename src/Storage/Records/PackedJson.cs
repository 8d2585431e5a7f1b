using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Apex.Storage.Records;

/// <summary>
/// JSON that is often written and seldom read: packed from a size on where that spares more pages than it costs time. What was stored plain
/// is read as it is.
/// </summary>
internal static class PackedJson
{
    private const int PackFrom = 2 * 1024;
    private const int Fastest = 1;
    private const int Window = 22;
    private const int HeadBytes = 1 + sizeof(int);

    /// <summary>First byte of what is packed with Brotli; the length of the JSON in bytes follows, little-endian. No JSON begins so.</summary>
    private const byte Brotli = 1;

    public static ReadOnlyMemory<byte> Of(JsonElement value)
    {
        var json = JsonMarshal.GetRawUtf8Value(value);
        if (json.Length < PackFrom)
            return json.ToArray();

        var packed = new byte[HeadBytes + BrotliEncoder.GetMaxCompressedLength(json.Length)];
        if (!BrotliEncoder.TryCompress(json, packed.AsSpan(HeadBytes), out var written, Fastest, Window) || HeadBytes + written >= json.Length)
            return json.ToArray();
        packed[0] = Brotli;
        BinaryPrimitives.WriteInt32LittleEndian(packed.AsSpan(1), json.Length);
        return packed.AsMemory(0, HeadBytes + written);
    }

    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static JsonElement Read(ReadOnlySpan<byte> stored)
    {
        if (stored is not [Brotli, ..])
            return Parse(stored);

        var json = new byte[BinaryPrimitives.ReadInt32LittleEndian(stored[1..])];
        return BrotliDecoder.TryDecompress(stored[HeadBytes..], json, out var written) && written == json.Length
            ? Parse(json)
            : throw new InvalidDataException($"{stored.Length} bytes of packed JSON are damaged.");
    }

    private static JsonElement Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return JsonElement.ParseValue(ref reader);
    }
}
