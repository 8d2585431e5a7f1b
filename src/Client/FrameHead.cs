using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;

namespace Apex.Client;

/// <summary>Tells an event from a frame about the connection without reading the whole: only events have a <c>seq</c>.</summary>
internal static class FrameHead
{
    /// <exception cref="JsonException">The server sent something that is not one JSON object.</exception>
    public static (string Type, long? Seq) Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        var type = "";
        long? seq = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A frame must be a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isSeq = reader.ValueTextEquals("seq"u8);
            reader.Read();
            if (isType)
                type = reader.GetString() ?? "";
            else if (isSeq && type != "caught_up")
                seq = reader.GetInt64();
            else
                reader.Skip();
            if (type.Length > 0 && seq is not null)
                break;
        }

        return (type, seq);
    }

    public static bool IsKnownServerFrame(ReadOnlySpan<byte> utf8, out ServerFrame frame)
    {
        try
        {
            frame = JsonSerializer.Deserialize(utf8, ApexJson.Default.ServerFrame)!;
            return frame is not null;
        }
        catch (JsonException)
        {
            // A frame type of a newer server: by the protocol it can be ignored.
            frame = null!;
            return false;
        }
    }
}
