using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Apex.Testing;

/// <summary>
/// A path between a client and a server on loopback that breaks by seed: connections are reset or go silent after a number of bytes in
/// either direction, arrive in small pieces, or stall. The same seed breaks the same connections at the same bytes. After
/// <see cref="FaultyConnections"/> of them the path is merely slow, so that whoever does not give up gets through.
/// </summary>
public sealed class FaultyPath : IAsyncDisposable
{
    private const int FaultyConnections = 4;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, byte> sockets = new();
    private readonly ConcurrentBag<Task> passing = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly int seed;
    private readonly int targetPort;
    private readonly Task accepting;

    public FaultyPath(int seed, int targetPort)
    {
        (this.seed, this.targetPort) = (seed, targetPort);
        listener.Start();
        accepting = AcceptAsync();
    }

    private enum Ending
    {
        None,
        Reset,

        /// <summary>Nothing passes any more, and neither side is told.</summary>
        Silence,
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Connections the path has ended, or silenced, so far.</summary>
    public int Broken { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        foreach (var socket in sockets.Keys)
            socket.Close(0);
        await accepting;
        await Task.WhenAll(passing);
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var number = 0; ; number++)
                passing.Add(PassAsync(await listener.AcceptSocketAsync(stopping.Token), FateOf(number)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Nothing is accepted any more: the path was taken away.
            return;
        }
    }

    private Fate FateOf(int number)
    {
        var random = new Random(HashCode.Combine(seed, number));
        var ending = number >= FaultyConnections ? Ending.None : random.Next(10) switch
        {
            < 6 => Ending.Reset,
            6 => Ending.Silence,
            _ => Ending.None,
        };

        // A handshake and a resume are some 600 bytes each way, an event some 300: half of the cuts fall into the opening.
        return new Fate(ending, ToServer: random.Next(1_200), ToClient: random.Next(random.Next(2) == 0 ? 700 : 5_000), random.Next());
    }

    private async Task PassAsync(Socket client, Fate fate)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        sockets.TryAdd(client, 0);
        sockets.TryAdd(server, 0);
        var silenced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var ending = stopping.Token.Register(silenced.SetResult);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, targetPort, stopping.Token);
            var pieces = new Random(fate.Pieces);
            await Task.WhenAny(
                PumpAsync(client, server, fate.Ending, fate.ToServer, pieces.Next(), silenced.Task),
                PumpAsync(server, client, fate.Ending, fate.ToClient, pieces.Next(), silenced.Task));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side ended it: the other side is told by the reset below.
            return;
        }
        finally
        {
            client.Close(0);
            server.Close(0);
            sockets.TryRemove(client, out _);
            sockets.TryRemove(server, out _);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Ending ending, int until, int pieces, Task silenced)
    {
        var random = new Random(pieces);
        var buffer = new byte[4 * 1024];
        try
        {
            for (var passed = 0; ;)
            {
                var most = random.Next(8) == 0 ? random.Next(1, 40) : buffer.Length;
                var read = await from.ReceiveAsync(buffer.AsMemory(0, most), SocketFlags.None, stopping.Token);
                var pass = ending == Ending.None ? read : Math.Min(read, until - passed);
                for (var sent = 0; sent < pass;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, pass - sent), SocketFlags.None, stopping.Token);
                passed += pass;
                if (read == 0)
                    return;
                if (pass == read)
                    continue;
                Broken++;
                if (ending == Ending.Silence)
                    await silenced;
                return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The connection ended at one of its sides; that this pump returns ends the other.
            return;
        }
    }

    /// <param name="ToServer">Bytes that reach the server before the ending; <paramref name="ToClient"/> likewise.</param>
    /// <param name="Pieces">Seed of how the bytes are cut into pieces.</param>
    private readonly record struct Fate(Ending Ending, int ToServer, int ToClient, int Pieces);
}
