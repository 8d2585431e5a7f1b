using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Apex.Bench.Peers.Servers;

/// <summary>The little of RFC 6455 that our own servers without a framework need. They believe what the bench sends them.</summary>
internal static class Upgrade
{
    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const string Key = "Sec-WebSocket-Key: ";
    private const string Query = "?stream=";

    public static byte[] Answer(string request)
    {
        var at = request.IndexOf(Key, StringComparison.Ordinal) + Key.Length;
        var key = request[at..request.IndexOf('\r', at)];
#pragma warning disable CA5350 // The RFC wants SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Magic)));
#pragma warning restore CA5350
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
    }

    /// <returns>Null for a publisher.</returns>
    public static int? StreamOf(string request)
    {
        var at = request.IndexOf(Query, StringComparison.Ordinal);
        return at < 0
            ? null
            : int.Parse(request.AsSpan(at + Query.Length, request.IndexOf(' ', at) - at - Query.Length), CultureInfo.InvariantCulture);
    }

    /// <summary>A text message below 64 KiB, as a server sends it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message) => message.Length < 126
        ? [0x81, (byte)message.Length, .. message]
        : [0x81, 126, (byte)(message.Length >> 8), (byte)message.Length, .. message];

    /// <summary>Takes a client's frame below 64 KiB, masked with the key 0, off the front.</summary>
    public static bool TryTakeFrame(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (bytes.Length < 8)
            return false;
        var isLonger = (bytes[1] & 0x7F) == 126;
        var length = isLonger ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : bytes[1] & 0x7F;
        var start = isLonger ? 8 : 6;
        if (bytes.Length < start + length)
            return false;
        payload = bytes.Slice(start, length);
        bytes = bytes[(start + length)..];
        return true;
    }
}
