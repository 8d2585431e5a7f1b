using System.Net;
using System.Net.WebSockets;

namespace Apex.Client;

/// <summary>Opens the socket of one connection. Safe for concurrent use.</summary>
internal interface ISocketOpener
{
    /// <returns>An open socket; the caller disposes it.</returns>
    /// <exception cref="UpgradeRefusedException">The server answered with a status instead of a socket.</exception>
    /// <exception cref="WebSocketException">Nobody answered.</exception>
    Task<WebSocket> OpenAsync(SocketRequest request, CancellationToken cancellationToken);
}

/// <param name="Subprotocols">Offered, in this order. One of them holds the token: never to be logged.</param>
/// <param name="KeepAlive">Between pings, and how long an answer to one may take.</param>
internal sealed record SocketRequest(Uri Address, IReadOnlyList<string> Subprotocols, TimeSpan KeepAlive);

internal sealed class UpgradeRefusedException(HttpStatusCode status, Exception? inner = null)
    : Exception($"The server refused the connection with status {(int)status}.", inner)
{
    public HttpStatusCode Status { get; } = status;
}
