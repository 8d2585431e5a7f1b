using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Apex.Client;
using Apex.Simulation.Network;
using Apex.Simulation.Turns;

namespace Apex.Simulation.Worlds;

/// <summary>
/// What the network and the framework's client do for one device: connect, shake hands, and give up a socket whose pings are not
/// answered. The frames themselves are read and written by the framework's own WebSocket.
/// </summary>
internal sealed class DeviceSockets(World world, Actor actor, LinkQuality quality) : ISocketOpener
{
    /// <summary>The connection of the device now; null before the first.</summary>
    public Link? Link { get; private set; }

    /// <summary>Nothing leaves or reaches the device, not even a refusal.</summary>
    public bool IsOffline { get; set; }

    public async Task<WebSocket> OpenAsync(SocketRequest request, CancellationToken cancellationToken)
    {
        while (IsOffline)
            await Task.Delay(TimeSpan.FromSeconds(1), actor.Clock, cancellationToken);
        await Task.Delay(quality.Latency(world.Scheduler), actor.Clock, cancellationToken);
        if (world.Server is not { } server)
            throw new WebSocketException(WebSocketError.Faulted, "Nobody listens there.");

        var link = Link = new Link(world.Scheduler, quality);
        world.Troubles.Befall(link);
        server.Accept(link);
        try
        {
            await ShakeHandsAsync(link, request, cancellationToken);
        }
        catch (UpgradeRefusedException refused)
        {
            world.Scheduler.History.Note(actor.Name, $"is refused with {(int)refused.Status}");
            await link.ClientEnd.DisposeAsync();
            throw;
        }
        catch (IOException cut)
        {
            await link.ClientEnd.DisposeAsync();
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, cut);
        }
        catch
        {
            await link.ClientEnd.DisposeAsync();
            throw;
        }

        var socket = new DeviceSocket(link.ClientEnd);
        KeepAlive(link, socket, request.KeepAlive, 0);
        return socket;
    }

    private static async Task ShakeHandsAsync(Link link, SocketRequest request, CancellationToken cancellationToken)
    {
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"GET {request.Address.PathAndQuery} HTTP/1.1\r\nHost: apex\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Protocol: {string.Join(", ", request.Subprotocols)}\r\n\r\n");
        await link.ClientEnd.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
        if (await HttpDoor.ReadHeadAsync(link.ClientEnd, atOnce: 1, cancellationToken) is not { } answer)
            throw new IOException("The connection ended within the handshake.");
        var status = int.Parse(answer[0].Split(' ')[1], CultureInfo.InvariantCulture);
        if (status != (int)HttpStatusCode.SwitchingProtocols)
            throw new UpgradeRefusedException((HttpStatusCode)status);
    }

    /// <summary>A ping whose answer cannot come, for its way or the answer's is silent, costs the socket.</summary>
    private void KeepAlive(Link link, DeviceSocket socket, TimeSpan interval, long heard) => world.Scheduler.After(interval, () =>
    {
        if (actor.IsDead || link.IsOver || socket.State != WebSocketState.Open)
            return;
        var now = link.ToClient.Arrived;
        if (now == heard && (link.IsHalfOpen || IsOffline))
            socket.Abort();
        else
            KeepAlive(link, socket, interval, now);
    });
}
