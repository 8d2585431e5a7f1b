using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;

namespace Apex.Client;

/// <summary>A durable event as it came, once each and in order.</summary>
/// <param name="Event">Null when this version of the client does not know the type.</param>
/// <param name="Utf8">The bytes as stored by the server.</param>
public sealed record ReceivedEvent(long Seq, string Type, ApexEvent? Event, ReadOnlyMemory<byte> Utf8)
{
    internal static ReceivedEvent Read(long seq, string type, ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return new ReceivedEvent(seq, type, JsonSerializer.Deserialize(utf8.Span, ApexJson.Default.ApexEvent), utf8);
        }
        catch (JsonException)
        {
            // A newer server has event types we do not know; the position still counts and the bytes are handed on.
            return new ReceivedEvent(seq, type, null, utf8);
        }
    }
}
