using System.Globalization;
using System.Text;
using Apex.Bench.Peers.Servers;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers.Dialects;

/// <summary>ws, Bun and plain Kestrel: the message is the frame, and what is published is <c>STREAM MESSAGE</c>.</summary>
internal sealed class PlainDialect : Dialect
{
    private byte[] _publication = [];

    public override string Upgrade(RunningServer server, Subscriber subscriber, bool again) =>
        subscriber.Stream < 0 ? "/" : "/?stream=" + subscriber.Stream.ToString(CultureInfo.InvariantCulture);

    public override void Message(Subscriber subscriber, ReadOnlySpan<byte> message) => subscriber.Deliver(message);

    public override void Publish(WireSocket publisher, int stream, ReadOnlySpan<byte> message)
    {
        if (_publication.Length < message.Length + 16)
            _publication = new byte[message.Length + 16];
        Encoding.ASCII.TryGetBytes(string.Create(CultureInfo.InvariantCulture, $"{stream} "), _publication, out var head);
        message.CopyTo(_publication.AsSpan(head));
        publisher.SendText(_publication.AsSpan(0, head + message.Length));
    }
}
