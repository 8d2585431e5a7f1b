using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Apex.Bench.Peers.Servers;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers.Dialects;

/// <summary>NATS's text protocol in binary frames, whose borders mean nothing to it.</summary>
internal sealed class NatsDialect : StreamDialect
{
    public override string Upgrade(RunningServer server, Subscriber subscriber, bool again) => "/";

    public override void Upgraded(Subscriber subscriber)
    {
        var subscribe = subscriber.Stream < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"SUB stream.{subscriber.Stream} 1\r\n");
        subscriber.Socket?.SendBinary(Encoding.ASCII.GetBytes(
            $"CONNECT {{\"verbose\":false,\"pedantic\":false,\"protocol\":1}}\r\n{subscribe}PING\r\n"));
    }

    public override void Publish(WireSocket publisher, int stream, ReadOnlySpan<byte> message)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"PUB stream.{stream} {message.Length}\r\n"));
        publisher.SendBinary([.. head, .. message, .. "\r\n"u8]);
    }

    protected override int Take(Subscriber subscriber, ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
            return 0;
        var line = bytes[..end];
        if (line.StartsWith("MSG "u8))
        {
            var size = line[(line.LastIndexOf((byte)' ') + 1)..];
            if (!Utf8Parser.TryParse(size, out int length, out _))
                throw new InvalidOperationException($"No size in: {Encoding.UTF8.GetString(line)}");
            if (bytes.Length < end + 2 + length + 2)
                return 0;
            subscriber.Deliver(bytes.Slice(end + 2, length));
            return end + 2 + length + 2;
        }

        if (line.SequenceEqual("PING"u8))
            subscriber.Socket?.SendBinary("PONG\r\n"u8);
        else if (line.SequenceEqual("PONG"u8))
            subscriber.IsReady = true;
        else if (line.StartsWith("-ERR"u8) && !line.StartsWith("-ERR 'Slow"u8))
            throw new InvalidOperationException($"NATS refuses: {Encoding.UTF8.GetString(line)}");
        return end + 2;
    }
}
