using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Apex.Testing;

/// <summary>
/// Stands between a client and a server on loopback and breaks what passes: resets all connections at once, refuses new ones, or
/// holds the bytes back without closing anything (half-open).
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Link, byte> links = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private volatile bool refusing;
    private int targetPort;

    public TcpProxy(int targetPort)
    {
        this.targetPort = targetPort;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Connections passed through now.</summary>
    public int Open => links.Count;

    /// <summary>Where new connections go; a restarted server may listen elsewhere.</summary>
    public void Retarget(int port) => Volatile.Write(ref targetPort, port);

    /// <summary>Resets every connection: both sides see it at once.</summary>
    public void Cut()
    {
        foreach (var link in links.Keys)
            link.Reset();
    }

    /// <summary>Cuts everything and lets nothing through until <see cref="Restore"/>.</summary>
    public void GoDown()
    {
        refusing = true;
        Cut();
    }

    public void Restore() => refusing = false;

    /// <summary>From now on existing connections carry nothing, and neither side is told.</summary>
    public void Freeze()
    {
        foreach (var link in links.Keys)
            link.Freeze();
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        Cut();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(stopping.Token);
                if (refusing)
                {
                    client.Close(0);
                    continue;
                }

                _ = PassAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The proxy was stopped; nothing is accepted any more.
            return;
        }
    }

    private async Task PassAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var link = new Link(client, server);
        links.TryAdd(link, 0);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, Volatile.Read(ref targetPort), stopping.Token);
            await Task.WhenAll(link.PumpAsync(client, server), link.PumpAsync(server, client));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            link.Reset();
        }
        finally
        {
            links.TryRemove(link, out _);
            client.Dispose();
            server.Dispose();
        }
    }

    private sealed class Link(Socket client, Socket server)
    {
        private readonly TaskCompletionSource frozenUntilReset = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool frozen;

        public void Reset()
        {
            // Close(0) sends a reset instead of a tidy end, as a lost network path would sooner or later.
            client.Close(0);
            server.Close(0);
            frozenUntilReset.TrySetResult();
        }

        public void Freeze() => frozen = true;

        public async Task PumpAsync(Socket from, Socket to)
        {
            var buffer = new byte[64 * 1024];
            while (true)
            {
                var read = await from.ReceiveAsync(buffer, SocketFlags.None);
                if (frozen)
                    await frozenUntilReset.Task;
                if (read == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                for (var sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), SocketFlags.None);
            }
        }
    }
}
