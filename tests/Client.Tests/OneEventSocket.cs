using System.Net.WebSockets;
using System.Text;

namespace Apex.Client.Tests;

/// <summary>A server's end that greets, gives one event, and never takes the acknowledgement of it off the wire.</summary>
internal sealed class OneEventSocket : WebSocket, ISocketOpener
{
    private static readonly string[] Frames =
    [
        """{"type":"connection_established","connection_id":"c","user_id":"u","server_time":"2026-11-20T10:00:00.000Z","epoch":"e1","head":1}""",
        """{"type":"caught_up","seq":0}""",
        """{"type":"system_recovered","event_id":"u:1","seq":1,"timestamp":"2026-11-20T10:00:00.000Z","component":"test","message":"one"}""",
    ];

    private readonly TaskCompletionSource _acknowledging = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _given;

    /// <summary>Completes when the acknowledgement is being sent.</summary>
    public Task Acknowledging => _acknowledging.Task;

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => WebSocketState.Open;

    public override string? SubProtocol => "apex.v1";

    public Task<WebSocket> OpenAsync(SocketRequest request, CancellationToken cancellationToken) => Task.FromResult<WebSocket>(this);

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        if (_given == Frames.Length)
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        var count = Encoding.UTF8.GetBytes(Frames[_given++], buffer);
        return new WebSocketReceiveResult(count, WebSocketMessageType.Text, endOfMessage: true);
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        if (!Encoding.UTF8.GetString(buffer).Contains("\"ack\"", StringComparison.Ordinal))
            return Task.CompletedTask;
        _acknowledging.TrySetResult();
        return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public override void Abort() => _acknowledging.TrySetCanceled();

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public override void Dispose() => _acknowledging.TrySetCanceled();
}
