using System.Net.WebSockets;

namespace Apex.Simulation.Worlds;

/// <summary>
/// The framework's client socket over a simulated link. Only the answer to a close frame is written here: the framework's would then
/// wait by the clock on the wall for the server to hang up.
/// </summary>
internal sealed class DeviceSocket(Stream stream) : WebSocket
{
    /// <summary>Final frame, close, masked with zeros, code 1000.</summary>
    private static readonly byte[] NormalClosure = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8];

    private readonly WebSocket _socket = CreateFromStream(
        stream, new WebSocketCreationOptions { IsServer = false, SubProtocol = "apex.v1", KeepAliveInterval = TimeSpan.Zero });

    public override WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public override string? CloseStatusDescription => _socket.CloseStatusDescription;

    public override WebSocketState State => _socket.State;

    public override string? SubProtocol => _socket.SubProtocol;

    public override ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        _socket.ReceiveAsync(buffer, cancellationToken);

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) =>
        _socket.ReceiveAsync(buffer, cancellationToken);

    public override Task SendAsync(
        ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        _socket.SendAsync(buffer, messageType, endOfMessage, cancellationToken);

    public override async Task CloseOutputAsync(
        WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(NormalClosure, cancellationToken);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, gone);
        }
    }

    public override Task CloseAsync(
        WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The client library closes its own side only.");

    public override void Abort() => _socket.Abort();

    public override void Dispose() => _socket.Dispose();
}
