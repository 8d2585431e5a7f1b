using System.Buffers;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;

namespace Apex.Storage.Feed;

/// <summary>Encodes an event once; the bytes go to the file and to every socket. Keeps its buffer: one caller at a time.</summary>
internal sealed class EventEncoder
{
    /// <summary>A buffer that one large event blew up is not kept.</summary>
    private const int MaxKeptBytes = 1024 * 1024;

    private ArrayBufferWriter<byte> _buffer = new(4096);

    public byte[] Encode(ApexEvent apexEvent)
    {
        _buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_buffer))
            JsonSerializer.Serialize(writer, apexEvent, ApexJson.Default.ApexEvent);
        var bytes = _buffer.WrittenSpan.ToArray();
        if (_buffer.Capacity > MaxKeptBytes)
            _buffer = new ArrayBufferWriter<byte>(4096);
        return bytes;
    }

    public static byte[] Encode(ServerFrame frame) => JsonSerializer.SerializeToUtf8Bytes(frame, ApexJson.Default.ServerFrame);

    public static ApexEvent Decode(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, ApexJson.Default.ApexEvent)
        ?? throw new InvalidOperationException("A stored event is null.");
}
