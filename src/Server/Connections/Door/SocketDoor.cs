using System.Net;
using System.Net.Sockets;
using Apex.Server.Connections.Upgrade;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections.Door;

/// <summary>
/// The listener in front of the HTTP server. It looks at the first bytes of a TCP connection without taking them: a request for a socket is
/// served on the bare socket, everything else goes to the HTTP server untouched, TLS included. See decision 14.
/// </summary>
/// <param name="upgrades">Made when the first socket is asked for: it needs the store, which the start-up opens later than this.</param>
internal sealed class SocketDoor(
    Lazy<UpgradeEndpoint> upgrades, ApexServerOptions server, ConnectionsOptions options, TimeProvider time,
    IHostApplicationLifetime lifetime, HttpMetrics metrics, ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>The kernel cuts it to its own limit (somaxconn).</summary>
    private const int Backlog = 4_096;

    /// <summary>To anything else, for instance a Unix socket, the HTTP server listens by itself.</summary>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listening = Listen(endpoint);
        var visits = new SocketVisits(upgrades, server, options, time, lifetime, metrics, loggers.CreateLogger<SocketVisits>());
        var http = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), loggers.CreateLogger<SocketConnectionContextFactory>());
        var listener = new DoorListener(listening, visits, http, time, loggers.CreateLogger<DoorListener>());
        listener.Start();
        return ValueTask.FromResult<IConnectionListener>(listener);
    }

    private static Socket Listen(EndPoint endpoint)
    {
        Socket? listening = null;
        try
        {
            listening = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            listening.Listen(Backlog);
            return listening;
        }
        catch (SocketException failed)
        {
            listening?.Dispose();
            if (failed.SocketErrorCode == SocketError.AddressAlreadyInUse)
                throw new AddressInUseException(failed.Message, failed);
            throw;
        }
    }
}
