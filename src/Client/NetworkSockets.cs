using System.Net.WebSockets;

namespace Apex.Client;

internal sealed class NetworkSockets : ISocketOpener
{
    public async Task<WebSocket> OpenAsync(SocketRequest request, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            foreach (var subprotocol in request.Subprotocols)
                socket.Options.AddSubProtocol(subprotocol);
            socket.Options.KeepAliveInterval = request.KeepAlive;
            socket.Options.KeepAliveTimeout = request.KeepAlive;
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(request.Address, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch (WebSocketException e) when (socket.HttpStatusCode != 0)
        {
            socket.Dispose();
            throw new UpgradeRefusedException(socket.HttpStatusCode, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
