using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Apex.Bench.Peers.Servers;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers.Dialects;

/// <summary>
/// apex.v1: a stream is a user's feed, a subscriber one of the user's devices. After a cut it says the seq it has. What is published is
/// appended to the feed by a door that only the bench's server has.
/// </summary>
internal sealed class ApexDialect : Dialect
{
    public override int EnvelopeBytes => 150;

    public override bool Recovers => true;

    public override string Upgrade(RunningServer server, Subscriber subscriber, bool again)
    {
        if (!again)
            subscriber.State = new Cursor();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"/ws?device=device-{subscriber.Number}\nSec-WebSocket-Protocol: apex.v1, jwt.{server.Tokens[subscriber.Stream]}");
    }

    // The server speaks first.
    public override void Upgraded(Subscriber subscriber)
    {
    }

    public override void Message(Subscriber subscriber, ReadOnlySpan<byte> message)
    {
        if (subscriber.Stream < 0)
            throw new InvalidOperationException($"The feed refuses: {Encoding.UTF8.GetString(message)}");

        var cursor = (Cursor)subscriber.State!; // set before the connection
        var type = message["{\"type\":\""u8.Length..];
        if (type.StartsWith("system_recovered"u8))
        {
            cursor.Seq = SeqOf(message);
            subscriber.Deliver(message);
        }
        else if (type.StartsWith("connection_established"u8))
        {
            cursor.Epoch ??= TextOf(message, "\"epoch\":\""u8);
            var after = cursor.Seq < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",\"after\":{cursor.Seq},\"epoch\":\"{cursor.Epoch}\"");
            subscriber.Socket?.SendText(Encoding.ASCII.GetBytes($"{{\"type\":\"resume\"{after}}}"));
        }
        else if (type.StartsWith("caught_up"u8))
        {
            cursor.Seq = Math.Max(cursor.Seq, SeqOf(message));
            subscriber.IsReady = true;
            subscriber.IsRecovered = true;
        }
        else if (type.StartsWith("gap"u8) || type.StartsWith("error"u8))
        {
            throw new InvalidOperationException($"Apex says: {Encoding.UTF8.GetString(message)}");
        }
    }

    public override void EverySecond(Subscriber subscriber)
    {
        if (subscriber is not { IsReady: true, State: Cursor cursor, Socket: { } socket } || cursor.Seq <= cursor.Confirmed)
            return;
        cursor.Confirmed = cursor.Seq;
        socket.SendText(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"type\":\"ack\",\"seq\":{cursor.Seq}}}")));
    }

    public override WireSocket ConnectPublisher(RunningServer server, Subscriber publisher)
    {
        publisher.IsReady = true;
        return new WireSocket(server.Publishing ?? throw new InvalidOperationException("This server has no door to publish."), null, publisher);
    }

    public override void Publish(WireSocket publisher, int stream, ReadOnlySpan<byte> message)
    {
        publisher.SendRaw(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{stream} ")));
        // Without the braces of the others' JSON: the event has its own.
        publisher.SendRaw(message[6..^2]);
        publisher.SendRaw("\n"u8);
    }

    private static long SeqOf(ReadOnlySpan<byte> message)
    {
        var seq = message[(message.IndexOf("\"seq\":"u8) + "\"seq\":"u8.Length)..];
        return Utf8Parser.TryParse(seq, out long number, out _)
            ? number
            : throw new InvalidOperationException($"No seq in: {Encoding.UTF8.GetString(message)}");
    }

    private static string TextOf(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name)
    {
        var rest = message[(message.IndexOf(name) + name.Length)..];
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)'"')]);
    }

    private sealed class Cursor
    {
        public long Seq { get; set; } = -1;

        public long Confirmed { get; set; }

        public string? Epoch { get; set; }
    }
}
