using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;

namespace Apex.Storage.Feed;

/// <summary>Encodes an event once; the bytes go to the file and to every socket. Keeps its buffer and writer: one caller at a time.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The writer writes into memory: there is nothing to free.")]
internal sealed class EventEncoder
{
    /// <summary>A buffer that one large event blew up is not kept.</summary>
    private const int MaxKeptBytes = 1024 * 1024;

    private ArrayBufferWriter<byte> _buffer;
    private Utf8JsonWriter _writer;

    public EventEncoder() => Begin();

    public byte[] Encode(ApexEvent apexEvent)
    {
        // Before and not after: what an event left behind that could not be written is forgotten too.
        _buffer.ResetWrittenCount();
        _writer.Reset();
        JsonSerializer.Serialize(_writer, apexEvent, ApexJson.Default.ApexEvent);
        _writer.Flush();
        var bytes = _buffer.WrittenSpan.ToArray();
        if (_buffer.Capacity > MaxKeptBytes)
            Begin();
        return bytes;
    }

    public static byte[] Encode(ServerFrame frame) => JsonSerializer.SerializeToUtf8Bytes(frame, ApexJson.Default.ServerFrame);

    public static ApexEvent Decode(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, ApexJson.Default.ApexEvent)
        ?? throw new InvalidOperationException("A stored event is null.");

    [MemberNotNull(nameof(_buffer), nameof(_writer))]
    private void Begin()
    {
        _buffer = new ArrayBufferWriter<byte>(4096);
        _writer = new Utf8JsonWriter(_buffer);
    }
}
