using System.Globalization;
using System.Text;
using System.Text.Json;
using Apex.Bench.Peers.Servers;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers.Dialects;

/// <summary>
/// Socket.IO 4 over Engine.IO 4's WebSocket transport. With connection state recovery each event carries an offset, and a client that
/// comes back says its private session id and the last offset.
/// </summary>
internal sealed class SocketIoDialect : Dialect
{
    public override bool Recovers => true;

    public override string Upgrade(RunningServer server, Subscriber subscriber, bool again)
    {
        if (!again)
            subscriber.State = new Session();
        var stream = subscriber.Stream < 0 ? "" : "&stream=" + subscriber.Stream.ToString(CultureInfo.InvariantCulture);
        return "/socket.io/?EIO=4&transport=websocket" + stream;
    }

    // The server speaks first.
    public override void Upgraded(Subscriber subscriber)
    {
    }

    public override void Message(Subscriber subscriber, ReadOnlySpan<byte> message)
    {
        var session = (Session)subscriber.State!; // set before the connection
        switch (message)
        {
            case [(byte)'0', ..]:
                var who = session is { Id: { } id, Offset: { } offset } ? $$"""{"pid":"{{id}}","offset":"{{offset}}"}""" : "";
                subscriber.Socket?.SendText(Encoding.ASCII.GetBytes("40" + who));
                break;
            case [(byte)'2']:
                subscriber.Socket?.SendText("3"u8);
                break;
            case [(byte)'4', (byte)'0', ..]:
                using (var json = JsonDocument.Parse(message[2..].ToArray()))
                {
                    var given = json.RootElement.TryGetProperty("pid", out var pid) ? pid.GetString() : null;
                    subscriber.IsRecovered = given is not null && given == session.Id;
                    session.Id = given;
                }

                subscriber.IsReady = true;
                break;
            case [(byte)'4', (byte)'2', ..]:
                // 42["event",{…},"OFFSET"]
                subscriber.Deliver(message);
                var quote = message[..^2].LastIndexOf((byte)'"');
                session.Offset = Encoding.ASCII.GetString(message[(quote + 1)..^2]);
                break;
        }
    }

    public override void Publish(WireSocket publisher, int stream, ReadOnlySpan<byte> message) =>
        publisher.SendText(Encoding.ASCII.GetBytes($$"""42["publish","{{stream}}",{{Encoding.ASCII.GetString(message)}}]"""));

    private sealed class Session
    {
        public string? Id { get; set; }

        public string? Offset { get; set; }
    }
}
