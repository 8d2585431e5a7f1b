using System.Net.Sockets;
using Apex.Protocol.Errors;
using Apex.Server.Connections.Upgrade;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections.Door;

/// <summary>The TCP connections of one listener, from the first byte on; those that want a socket, to their end.</summary>
internal sealed partial class SocketVisits(
    Lazy<UpgradeEndpoint> upgrades, ApexServerOptions server, ConnectionsOptions options, TimeProvider time,
    IHostApplicationLifetime lifetime, HttpMetrics metrics, ILogger<SocketVisits> logger) : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long who was refused may take to hang up.</summary>
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(2);

    /// <summary>A little less than the time the host has for all of its stopping.</summary>
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(8);

    private readonly Deadlines _silence = new(options.FirstBytesTimeout, [], time);
    private readonly Deadlines _handshakes = new(
        options.HandshakeTimeout, [.. "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8], time);
    private readonly Deadlines _farewells = new(LongestFarewell, [], time);
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private readonly HashSet<Socket> _silent = [];
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();

    /// <param name="handOver">Takes a connection that is for the HTTP server.</param>
    public void Begin(Socket socket, Action<Socket> handOver)
    {
        lock (_gate)
        {
            if (_open.Count < options.MaxSockets && !_closing.IsCancellationRequested)
            {
                _open.Add(socket);
                _silent.Add(socket);
            }
            else
            {
                socket.Dispose();
                return;
            }
        }

        _ = VisitAsync(socket, handOver);
    }

    /// <summary>Nobody new is heard: who has said nothing yet is closed.</summary>
    public void StopGreeting()
    {
        lock (_gate)
        {
            foreach (var socket in _silent)
                socket.Dispose();
        }
    }

    /// <summary>Looks now and then who has waited for too long, until the end.</summary>
    public async Task LookAtDeadlinesAsync()
    {
        using var timer = new PeriodicTimer(LookInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                _silence.Look();
                _handshakes.Look();
                _farewells.Look();
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    /// <summary>Waits for those who were told to go, then cuts who has not.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closing.Cancel();
            if (_open.Count == 0)
                _allGone.TrySetResult();
        }

        // By the real clock: it is the host that waits.
        await Task.WhenAny(_allGone.Task, Task.Delay(LongestGoodbye, TimeProvider.System));
        lock (_gate)
        {
            foreach (var socket in _open)
                socket.Dispose();
        }

        await _allGone.Task;
    }

    private async Task VisitAsync(Socket socket, Action<Socket> handOver)
    {
        var isHandedOver = false;
        try
        {
            if (await WantsSocketAsync(socket))
            {
                if (await OpenAsync(socket) is { } connection)
                    await upgrades.Value.LiveAsync(connection, CancellationToken.None);
            }
            else
            {
                isHandedOver = true;
                Leave(socket);
                handOver(socket);
            }
        }
        catch (Exception end) when (end is SocketException or IOException or ObjectDisposedException)
        {
            // The peer left, or was cut off: an end like any other.
            LogLeft(end.Message);
        }
        catch (Exception fault)
        {
            LogFault(fault);
        }

        if (isHandedOver)
            return;
        socket.Dispose();
        Leave(socket);
    }

    private async ValueTask<bool> WantsSocketAsync(Socket socket)
    {
        var silence = _silence.Begin(socket);
        // No bytes are asked for, so none have to be held while nobody speaks.
        await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        silence.End();
        lock (_gate)
            _silent.Remove(socket);

        // While the server starts, the HTTP server has the words for it.
        if (!lifetime.ApplicationStarted.IsCancellationRequested)
            return false;
        var beginning = new byte[RequestHead.BeginningBytes];
        var seen = socket.Receive(beginning, SocketFlags.Peek);
        if (seen == 0)
            throw new IOException("The peer left before it said anything.");
        return RequestHead.Begins(beginning.AsSpan(0, seen));
    }

    private async ValueTask<Connection?> OpenAsync(Socket socket)
    {
        socket.Blocking = false;
        var caller = new SocketCaller(socket, server, _farewells, metrics);
        var handshake = _handshakes.Begin(socket);
        if (!await caller.ReadAsync(options.MaxHandshakeBytes))
            return null;
        handshake.End();
        try
        {
            return await upgrades.Value.OpenAsync(caller);
        }
        catch (StorageUnavailableException away)
        {
            await RefuseAsync(caller, new Refusal(
                ErrorCode.StorageUnavailable, away.Message, ErrorSeverity.Critical, (long)away.RetryAfter.TotalMilliseconds));
        }
        catch (Exception fault) when (fault is not (SocketException or IOException or ObjectDisposedException))
        {
            LogFault(fault);
            await RefuseAsync(caller, new Refusal(ErrorCode.InternalError, "Something went wrong on the server.", ErrorSeverity.Critical));
        }

        return null;
    }

    private static Task RefuseAsync(SocketCaller caller, Refusal refusal) => caller.RefuseAsync(refusal, Problems.StatusOf(refusal.Code));

    private void Leave(Socket socket)
    {
        lock (_gate)
        {
            _silent.Remove(socket);
            _open.Remove(socket);
            if (_closing.IsCancellationRequested && _open.Count == 0)
                _allGone.TrySetResult();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A TCP connection ended: {Why}")]
    private partial void LogLeft(string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request for a socket failed")]
    private partial void LogFault(Exception exception);
}
