using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
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
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (await ReadRequestAsync(connection) is not { } request)
            return;
        var member = new PlainMember(connection);
        // Before any event: what is sent first waits first.
        member.Send(Upgrade.Answer(request));
        if (Upgrade.StreamOf(request) is not { } number)
        {
            await PublishAsync(connection);
            return;
        }

        var stream = streams[number];
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

    private async Task PublishAsync(ConnectionContext connection)
    {
        try
        {
            while (await connection.Transport.Input.ReadAsync() is { IsCompleted: false } read)
            {
                var used = Publish(read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.ToArray());
                connection.Transport.Input.AdvanceTo(read.Buffer.GetPosition(used), read.Buffer.End);
            }
        }
        catch (Exception exception) when (exception is ConnectionResetException or ConnectionAbortedException)
        {
            // The bench closed this publisher.
            return;
        }
    }

    /// <returns>How many bytes were whole frames.</returns>
    private int Publish(ReadOnlySpan<byte> bytes)
    {
        var all = bytes.Length;
        while (Upgrade.TryTakeFrame(ref bytes, out var publication))
        {
            var space = publication.IndexOf((byte)' ');
            var frame = Upgrade.Frame(publication[(space + 1)..]);
            foreach (var (member, _) in streams[int.Parse(publication[..space], CultureInfo.InvariantCulture)])
                member.Send(frame);
        }

        return all - bytes.Length;
    }
}

/// <summary>The frames that wait for one socket. Whoever lets more than four thousand wait is cut.</summary>
internal sealed class PlainMember(ConnectionContext connection) : IThreadPoolWorkItem
{
    private const int MaxWaiting = 4_096;

    private readonly Lock _gate = new();
    private readonly Queue<byte[]> _waiting = new();
    private bool _isWriting;

    public void Send(byte[] frame)
    {
        lock (_gate)
        {
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
            if (_waiting.Count == 0)
                return _isWriting = false;

            while (_waiting.TryDequeue(out var frame))
                connection.Transport.Output.Write(frame);
            return true;
        }
    }
}
