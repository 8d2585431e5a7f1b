using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Bench.Peers.Servers;

/// <summary>
/// What is possible on Kestrel when nothing is numbered, stored, verified or replayed: a connection handler that upgrades by itself, one
/// frame for all its receivers, all frames that wait in one write.
/// </summary>
internal static class KestrelServer
{
    public static async Task RunAsync(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<PlainStreams>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
            options.Listen(IPAddress.Loopback, port, static listen => listen.UseConnectionHandler<PlainConnections>()));
        await using var app = builder.Build();
        await app.StartAsync();
        await Collecting.ListenAsync();
        await app.StopAsync();
    }
}

/// <summary>Who follows which stream.</summary>
internal sealed class PlainStreams
{
    private readonly ConcurrentDictionary<int, ConcurrentDictionary<PlainMember, bool>> _streams = new();

    public ConcurrentDictionary<PlainMember, bool> this[int stream] =>
        _streams.GetOrAdd(stream, static _ => new ConcurrentDictionary<PlainMember, bool>());
}

/// <summary>One connection, from its upgrade to its end.</summary>
internal sealed class PlainConnections(PlainStreams streams) : ConnectionHandler
{
    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (await ReadRequestAsync(connection) is not { } request)
            return;
        var key = request.Split("Sec-WebSocket-Key: ")[1].Split("\r\n")[0];
#pragma warning disable CA5350 // RFC 6455 wants SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Magic)));
#pragma warning restore CA5350
        var answer = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
        var member = new PlainMember(connection);
        member.Send(answer);
        var at = request.IndexOf("?stream=", StringComparison.Ordinal);
        if (at < 0)
        {
            await PublishAsync(connection);
            return;
        }

        var stream = streams[int.Parse(request.AsSpan(at + 8, request.IndexOf(' ', at) - at - 8), CultureInfo.InvariantCulture)];
        stream.TryAdd(member, true);
        await ReadToTheEndAsync(connection);
        stream.TryRemove(member, out _);
    }

    private static async Task<string?> ReadRequestAsync(ConnectionContext connection)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            var text = Encoding.ASCII.GetString(read.Buffer);
            var isWhole = text.EndsWith("\r\n\r\n", StringComparison.Ordinal);
            connection.Transport.Input.AdvanceTo(isWhole ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
            if (isWhole || read.IsCompleted)
                return isWhole ? text : null;
        }
    }

    private static async Task ReadToTheEndAsync(ConnectionContext connection)
    {
        try
        {
            while (await connection.Transport.Input.ReadAsync() is { IsCompleted: false } read)
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
        }
        catch (Exception exception) when (exception is ConnectionResetException or ConnectionAbortedException)
        {
            // The client is gone, which is all there is to know.
            return;
        }
    }

    /// <summary>Frames of <c>STREAM MESSAGE</c> below 64 KiB, masked with the key 0.</summary>
    private async Task PublishAsync(ConnectionContext connection)
    {
        try
        {
            while (await connection.Transport.Input.ReadAsync() is { IsCompleted: false } read)
            {
                var buffer = read.Buffer;
                while (TryTakeFrame(ref buffer, out var payload))
                    Publish(payload);
                connection.Transport.Input.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        catch (Exception exception) when (exception is ConnectionResetException or ConnectionAbortedException)
        {
            // The bench closed this publisher.
            return;
        }
    }

    private static bool TryTakeFrame(ref ReadOnlySequence<byte> buffer, out byte[] payload)
    {
        payload = [];
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryRead(out _) || !reader.TryRead(out var second))
            return false;
        var length = second & 0x7F;
        if (length == 126)
        {
            if (!reader.TryReadBigEndian(out short longer))
                return false;
            length = (ushort)longer;
        }

        reader.Advance(Math.Min(4, reader.Remaining));
        if (reader.Remaining < length)
            return false;
        payload = reader.UnreadSequence.Slice(0, length).ToArray();
        buffer = reader.UnreadSequence.Slice(length);
        return true;
    }

    private void Publish(ReadOnlySpan<byte> publication)
    {
        var space = publication.IndexOf((byte)' ');
        var message = publication[(space + 1)..];
        byte[] frame = message.Length < 126
            ? [0x81, (byte)message.Length, .. message]
            : [0x81, 126, (byte)(message.Length >> 8), (byte)message.Length, .. message];
        foreach (var (member, _) in streams[int.Parse(publication[..space], CultureInfo.InvariantCulture)])
            member.Send(frame);
    }
}

/// <summary>The frames that wait for one socket. Whoever lets more than four thousand wait is cut.</summary>
internal sealed class PlainMember(ConnectionContext connection) : IThreadPoolWorkItem
{
    private const int MaxWaiting = 4_096;

    private readonly Lock _gate = new();
    private Queue<byte[]>? _waiting;
    private bool _isWriting;

    public void Send(byte[] frame)
    {
        lock (_gate)
        {
            _waiting ??= new Queue<byte[]>();
            _waiting.Enqueue(frame);
            if (_waiting.Count > MaxWaiting)
                connection.Abort();
            if (_isWriting)
                return;
            _isWriting = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute() => _ = WriteAsync();

    private async Task WriteAsync()
    {
        while (Fill())
        {
            if (await connection.Transport.Output.FlushAsync() is { IsCompleted: true })
                return;
        }
    }

    private bool Fill()
    {
        lock (_gate)
        {
            if (_waiting is not { Count: > 0 })
            {
                _waiting = null;
                return _isWriting = false;
            }

            while (_waiting.TryDequeue(out var frame))
                connection.Transport.Output.Write(frame);
            return true;
        }
    }
}
