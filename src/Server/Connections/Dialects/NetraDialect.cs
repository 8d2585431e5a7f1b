using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Connections.Framing;
using Apex.Server.Runs;
using Apex.Server.Threads;
using Apex.Storage.Feed;

namespace Apex.Server.Connections.Dialects;

/// <summary>
/// The handshake of existing Netra clients, in the one order that serves all their versions, and their view of the feed: such a client
/// shows whatever arrives and takes the first <c>agent_completed</c> for its own, so a connection is shown only the runs it started.
/// </summary>
internal sealed class NetraDialect(ThreadCatalog threads) : Dialect
{
    /// <summary>The thread of this connection. It is stored with the first message: most connections of these clients never send one.</summary>
    private readonly ThreadId _thread = ThreadId.New();
    private readonly ConcurrentDictionary<RunId, bool> _ownRuns = [];
    private bool _isThreadStored;
    private bool _isComplete;

    public override string Name => "netra";

    public override bool CanRefresh => false;

    public override bool CanConfirm => false;

    public override bool ShowsTransient => false;

    public override void Open(Connection connection)
    {
        connection.Cursor.Start(connection.HeadAtOpening, epoch: null, claimed: false, announce: false);
        connection.Send(new HandshakeResponse(_thread));
    }

    public override async ValueTask<bool> TryHandshakeAsync(Connection connection, ClientFrame frame)
    {
        switch (frame)
        {
            case HandshakeAcknowledged:
                // The client reads exactly one frame as the answer to its acknowledgement and throws any other away.
                await CompleteAsync(connection);
                return true;
            case HandshakeRequest:
                await connection.ReplyAsync(Established(connection, _thread));
                await connection.ReplyAsync(new HandshakeResponse(_thread));
                return true;
            case UserMessage when !_isComplete:
                // A client that skips the acknowledgement is taken at its message.
                await CompleteAsync(connection);
                return false;
            default:
                return false;
        }
    }

    public override async ValueTask<StartRequest> BeforeStartAsync(
        Connection connection, StartRequest request, CancellationToken cancellationToken)
    {
        if (request.ThreadId == _thread && !_isThreadStored && MessageText.Check(request.Content, request.MessageId) is null)
        {
            var created = await threads.CreateAsync(connection.Principal, _thread, title: null, cancellationToken);
            _isThreadStored = created.Value is not null;
        }

        // Known before the run begins, or its first events could pass by before it counts as this connection's own.
        var run = request.RunId ?? RunOf(connection.User, request);
        _ownRuns.TryAdd(run, true);
        return request with { RunId = run };
    }

    public override void NotStarted(StartRequest request)
    {
        if (request.RunId is { } run)
            _ownRuns.TryRemove(run, out _);
    }

    public override void Write(FeedEntry entry, FrameBatch batch)
    {
        if (entry.RunId is not { } run || !_ownRuns.ContainsKey(run) || entry.Type is EventTypes.MessageCreated or EventTypes.ThreadCreated)
            return;

        batch.AddText(entry.Utf8.Span);
        switch (entry.Type)
        {
            case EventTypes.RunFailed or EventTypes.RunCancelled:
                // These clients know no end but agent_completed: an error is what they show.
                batch.AddText(JsonSerializer.SerializeToUtf8Bytes<ServerFrame>(
                    ErrorFrame.From(WhyEnded(entry)), ApexJson.Default.ServerFrame));
                _ownRuns.TryRemove(run, out _);
                break;
            case EventTypes.AgentCompleted:
                _ownRuns.TryRemove(run, out _);
                break;
        }
    }

    private async ValueTask CompleteAsync(Connection connection)
    {
        _isComplete = true;
        await connection.ReplyAsync(new HandshakeComplete());
        await connection.ReplyAsync(Established(connection, _thread));
    }

    /// <summary>The same message sent again asks for the same run, or it would count as another one under the same key.</summary>
    private static RunId RunOf(UserId user, StartRequest request)
    {
        var name = $"{user}\0{request.IdempotencyKey}\0{request.MessageId}";
        return new RunId("run_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16)));
    }

    private static Refusal WhyEnded(FeedEntry entry) => JsonSerializer.Deserialize(entry.Utf8.Span, ApexJson.Default.ApexEvent) switch
    {
        RunFailed failed => new Refusal(
            ErrorCode.Interrupted, $"The run failed: {failed.Reason}", ErrorSeverity.High, Ref: entry.RunId?.Value),
        RunCancelled cancelled => new Refusal(
            ErrorCode.Cancelled, $"The run was cancelled: {cancelled.Reason}", ErrorSeverity.Medium, Ref: entry.RunId?.Value),
        _ => new Refusal(ErrorCode.Interrupted, "The run ended without an answer.", ErrorSeverity.High, Ref: entry.RunId?.Value),
    };
}
