using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Server.Connections.Framing;

namespace Apex.Server.Connections.Live;

/// <summary>
/// The only reader of a socket. A receive is always pending: while one message is worked on, pings are answered and the next message is
/// taken in, so a pong never waits behind the store.
/// </summary>
internal sealed class ReadLoop(FrameReader frames, Connection connection, FrameRouter router, FrameAllowance allowance)
{
    /// <summary>Reads until the peer's close frame or its disappearance.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var working = Task.CompletedTask;
        while (true)
        {
            var frame = await frames.ReadAsync(cancellationToken);
            connection.Heard();
            switch (frame.Kind)
            {
                case InboundKind.Text when allowance.TryTake():
                    var (said, refusal) = Parse(frame.Payload.Span);
                    await working;
                    working = connection.IsClosing ? Task.CompletedTask : AnswerAsync(said, refusal, cancellationToken);
                    break;
                case InboundKind.Ping when allowance.TryTake():
                    connection.AddPong(frame.Payload.Span);
                    break;
                case InboundKind.Pong:
                    break;
                case InboundKind.Text or InboundKind.Ping:
                    connection.Close(CloseCode.RateLimited, allowance.Sentence);
                    break;
                case InboundKind.Violation:
                    connection.Close(frame.Code, frame.Reason);
                    break;
                case InboundKind.Close or InboundKind.End:
                    await working;
                    connection.PeerLeft(frame.Code);
                    return;
            }
        }
    }

    private static (ClientFrame? Said, Refusal? Refusal) Parse(ReadOnlySpan<byte> utf8) =>
        ClientFrameReader.TryRead(utf8, out var said, out var refusal) ? (said, null) : (null, refusal);

    private Task AnswerAsync(ClientFrame? said, Refusal? refusal, CancellationToken cancellationToken) =>
        refusal is null
            ? router.RouteAsync(connection, said!, cancellationToken) // one of the two is there
            : connection.ReplyAsync(ErrorFrame.From(refusal)).AsTask();
}
