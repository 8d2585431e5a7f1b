using System.Globalization;
using System.Text;
using Apex.Bench.Peers.Servers;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers.Dialects;

/// <summary>
/// nchan: messages over a WebSocket with their ids before them (<c>ws+meta.nchan</c>), published by HTTP, one request after the other
/// without waiting for the answers.
/// </summary>
internal sealed class NchanDialect : Dialect
{
    public override bool Recovers => true;

    public override string Upgrade(RunningServer server, Subscriber subscriber, bool again)
    {
        var last = again && subscriber.State is string id ? "&last_event_id=" + id : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"/sub?stream={subscriber.Stream}{last}\nSec-WebSocket-Protocol: ws+meta.nchan");
    }

    public override void Upgraded(Subscriber subscriber)
    {
        // Without a word of it: what it missed comes next, if it is kept.
        subscriber.IsRecovered = subscriber.State is not null;
        subscriber.IsReady = true;
    }

    public override void Message(Subscriber subscriber, ReadOnlySpan<byte> message)
    {
        if (subscriber.Stream < 0)
        {
            if (message.StartsWith("HTTP/1.1 4"u8) || message.StartsWith("HTTP/1.1 5"u8))
                throw new InvalidOperationException($"nchan refuses: {Encoding.UTF8.GetString(message)}");
            return;
        }

        // id: 1700000000:0\n…\n\nMESSAGE
        var id = message["id: ".Length..message.IndexOf((byte)'\n')];
        subscriber.State = Encoding.ASCII.GetString(id);
        subscriber.Deliver(message[message.IndexOf("\n\n"u8)..]);
    }

    public override WireSocket ConnectPublisher(RunningServer server, Subscriber publisher)
    {
        publisher.IsReady = true;
        return new WireSocket(server.Address, upgrade: null, publisher);
    }

    public override void Publish(WireSocket publisher, int stream, ReadOnlySpan<byte> message)
    {
        publisher.SendRaw(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST /pub?stream={stream} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {message.Length}\r\n\r\n")));
        publisher.SendRaw(message);
    }
}
