using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections.Door;

/// <summary>Accepts TCP connections at one address and gives the HTTP server those that want no socket.</summary>
internal sealed partial class DoorListener(
    Socket listening, SocketVisits visits, SocketConnectionContextFactory http, TimeProvider time, ILogger<DoorListener> logger)
    : IConnectionListener
{
    private static readonly TimeSpan PauseWithoutHandles = TimeSpan.FromMilliseconds(100);

    // Bounded by the number of sockets that may be open.
    private readonly Channel<ConnectionContext> _forHttp = Channel.CreateUnbounded<ConnectionContext>();
    private readonly CancellationTokenSource _unbound = new();
    private Task _accepting = Task.CompletedTask;
    private Task _looking = Task.CompletedTask;

    public EndPoint EndPoint { get; } = listening.LocalEndPoint!; // A bound socket has one.

    public void Start()
    {
        _accepting = AcceptAllAsync();
        _looking = visits.LookAtDeadlinesAsync();
    }

    /// <summary>The next connection for the HTTP server; null after <see cref="UnbindAsync"/>.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _forHttp.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_forHttp.Reader.TryRead(out var connection))
                return connection;
        }

        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbound.CancelAsync();
        listening.Dispose();
        // At once: there is nothing to give up by the token, which is cancelled from the first when a start has failed.
        await _accepting;
        visits.StopGreeting();
        _forHttp.Writer.TryComplete();
    }

    /// <summary>The sockets have been sent away when the server began to stop; those that have not gone are cut.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        await visits.DisposeAsync();
        await _looking;
        // Nobody has asked for these any more.
        while (_forHttp.Reader.TryRead(out var connection))
            connection.Abort();
        http.Dispose();
        _unbound.Dispose();
    }

    private async Task AcceptAllAsync()
    {
        Action<Socket> handOver = HandOver;
        while (!_unbound.IsCancellationRequested)
        {
            try
            {
                var socket = await listening.AcceptAsync(_unbound.Token);
                socket.NoDelay = true;
                visits.Begin(socket, handOver);
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failed)
            {
                // One that was reset before it was accepted is none; when handles have run out, all that can be done is to wait for some.
                LogNotAccepted(failed, failed.SocketErrorCode);
                if (failed.SocketErrorCode is not (SocketError.ConnectionReset or SocketError.ConnectionAborted))
                    await Task.Delay(PauseWithoutHandles, time, CancellationToken.None);
            }
        }
    }

    private void HandOver(Socket socket)
    {
        var connection = http.Create(socket);
        if (!_forHttp.Writer.TryWrite(connection))
            connection.Abort();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A TCP connection could not be accepted: {Error}")]
    private partial void LogNotAccepted(Exception exception, SocketError error);
}
