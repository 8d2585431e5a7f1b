using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Runs;
using Apex.Server.Runs.Waiting;
using Apex.Server.Threads;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections;

/// <summary>Takes what a client said to the room it concerns, and the room's answer back.</summary>
internal sealed partial class FrameRouter(
    RunStarter starter, RunStopper stopper, ApprovalDecisions approvals, ThreadCatalog threads, AccessTokens tokens, ConnectionMetrics metrics, ILogger<FrameRouter> logger)
{
    /// <summary>Answers one frame. Never throws for what a client said or a room could not do: that is an error frame.</summary>
    public async Task RouteAsync(Connection connection, ClientFrame frame, CancellationToken cancellationToken)
    {
        metrics.Received(frame.GetType().Name);
        try
        {
            if (await connection.Dialect.TryHandshakeAsync(connection, frame))
                return;
            if (await AnswerAsync(connection, frame, cancellationToken) is { } answer)
                await connection.ReplyAsync(answer);
        }
        catch (StorageUnavailableException unavailable)
        {
            await connection.ReplyAsync(ErrorFrame.From(new Refusal(
                ErrorCode.StorageUnavailable, unavailable.Message, ErrorSeverity.Critical,
                (long)unavailable.RetryAfter.TotalMilliseconds, ["Send it again in a few seconds."])));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The connection is gone, and with it whoever asked.
            return;
        }
        catch (Exception exception)
        {
            LogFault(exception, frame.GetType().Name, connection.Id);
            await connection.ReplyAsync(ErrorFrame.From(new Refusal(
                ErrorCode.InternalError, $"The server failed at this frame; its log names connection {connection.Id}.",
                ErrorSeverity.Critical)));
        }
    }

    private async ValueTask<ServerFrame?> AnswerAsync(Connection connection, ClientFrame frame, CancellationToken cancellationToken)
    {
        var principal = connection.Principal;
        return frame switch
        {
            UserMessage message => await StartAsync(connection, message, cancellationToken),
            Steer steer => await SteerAsync(connection, steer),
            StopAgent stop => await StopAsync(principal, stop, cancellationToken),
            Approve approve => await DecideAsync(principal, approve, cancellationToken),
            Ack ack => Confirm(connection, ack),
            Ping => new Pong(connection.Now),
            Typing or HandshakeAcknowledged => null,
            AuthRefresh refresh => await RefreshAsync(connection, refresh, cancellationToken),
            ListThreads list => Answer(
                await threads.ListAsync(principal, list.Cursor, list.Limit, cancellationToken),
                static page => new ThreadList(page.Threads, page.Next)),
            GetThreadHistory history => Answer(
                await threads.HistoryAsync(principal, history.ThreadId, history.Cursor, history.Limit, cancellationToken),
                static data => data),
            CreateThread create => Answer(
                await threads.CreateAsync(principal, create.Title, cancellationToken), static thread => new ThreadData(thread)),
            RenameThread rename => Answer(
                await threads.RenameAsync(principal, rename.ThreadId, rename.Title, cancellationToken),
                static thread => new ThreadData(thread)),
            DeleteThread delete => Answer(
                await threads.ArchiveAsync(principal, delete.ThreadId, cancellationToken), static thread => new ThreadData(thread)),
            SwitchThread change => Answer(
                await threads.FindAsync(principal, change.ThreadId, cancellationToken), static thread => new ThreadData(thread)),
            _ => Refuse(new Refusal(ErrorCode.InvalidMessage, "This frame belongs to a handshake that is not spoken here.")),
        };
    }

    /// <summary>A message that came in whole is taken in whole, even if its connection ends meanwhile: hence no cancellation.</summary>
    private async ValueTask<ServerFrame> StartAsync(Connection connection, UserMessage message, CancellationToken cancellationToken)
    {
        var payload = message.Payload!; // the reader of frames refuses a message without
        var request = await connection.Dialect.BeforeStartAsync(
            connection,
            new StartRequest(
                payload.Words, message.MessageId ?? MessageId.New().Value, payload.ThreadId, payload.RunId, message.IdempotencyKey,
                message.WhenBusy, $"{connection.Id}:{Guid.CreateVersion7():N}", payload.JsonlLogs, Traceparent: message.Traceparent),
            cancellationToken);
        switch (await starter.StartAsync(connection.Principal, request, CancellationToken.None))
        {
            case StartOutcome.Accepted accepted:
                return accepted.Reply;
            case StartOutcome.Refused refused:
                connection.Dialect.NotStarted(request);
                return Refuse(refused.Why with { Ref = refused.Why.Ref ?? request.MessageId });
            case var other:
                throw new InvalidOperationException($"Unknown outcome {other}.");
        }
    }

    private async ValueTask<ServerFrame> SteerAsync(Connection connection, Steer steer)
    {
        var messageId = steer.MessageId ?? MessageId.New().Value;
        var request = new StartRequest(
            steer.Content, messageId, ThreadId: null, steer.RunId, steer.IdempotencyKey, WhenBusy.Steer, $"{connection.Id}:{Guid.CreateVersion7():N}");
        return await starter.SteerAsync(connection.Principal, steer.RunId, request, CancellationToken.None) switch
        {
            StartOutcome.Accepted accepted => new SteerApplied(accepted.Reply.RunId, accepted.Reply.MessageId, accepted.SteeredAfter ?? 0),
            StartOutcome.Refused refused => Refuse(refused.Why with { Ref = refused.Why.Ref ?? messageId }),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
    }

    private async ValueTask<ServerFrame> StopAsync(Principal principal, StopAgent stop, CancellationToken cancellationToken)
    {
        var part = stop.ToolCallId ?? stop.InvocationId;
        var outcome = part is not null
            ? await stopper.StopPartAsync(principal, stop.RunId, part, stop.Reason, cancellationToken)
            // The reader of frames refuses one that names nothing.
            : await stopper.StopAsync(principal.User, stop.RunId!.Value, stop.Reason, cancellationToken);
        return outcome switch
        {
            StopOutcome.Stopping { Part: null } stopping => new Stopping(stopping.Run),
            StopOutcome.Stopping stopping when stop.ToolCallId is not null => new Stopping(stopping.Run, ToolCallId: stopping.Part),
            StopOutcome.Stopping stopping => new Stopping(stopping.Run, InvocationId: stopping.Part),
            StopOutcome.Refused refused => Refuse(refused.Why with { Ref = refused.Why.Ref ?? stop.RunId?.Value }),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
    }

    /// <summary>The answer to a decision is its event, on every device.</summary>
    private async ValueTask<ServerFrame?> DecideAsync(Principal principal, Approve approve, CancellationToken cancellationToken) =>
        await approvals.DecideAsync(
            principal.User, run: null, approve.ApprovalId,
            new DecideRequest(approve.Decision, approve.ArgumentsHash, approve.Arguments, approve.Reason), cancellationToken) is DecideOutcome.Refused refused
            ? Refuse(refused.Why)
            : null;

    private static ErrorFrame? Confirm(Connection connection, Ack ack) => connection.TryConfirm(ack.Seq)
        ? null
        : Refuse(new Refusal(
            ErrorCode.InvalidMessage, $"ack: seq {ack.Seq} was not delivered on this connection; the last was {connection.Cursor.Position}."));

    private async ValueTask<ServerFrame> RefreshAsync(Connection connection, AuthRefresh refresh, CancellationToken cancellationToken)
    {
        switch (await tokens.VerifyAsync(refresh.Token, cancellationToken))
        {
            case TokenVerdict.Valid { Principal: var principal } when principal.User == connection.User:
                connection.Refresh(principal);
                return new AuthRefreshed(principal.ExpiresAt);
            case TokenVerdict.Valid:
                return Refuse(new Refusal(
                    ErrorCode.Forbidden, "The token belongs to another user; open another connection for it.", ErrorSeverity.High));
            case TokenVerdict.Refused refused:
                return Refuse(new Refusal(refused.Code, refused.Message, ErrorSeverity.High));
            case var other:
                throw new InvalidOperationException($"Unknown verdict {other}.");
        }
    }

    private static ServerFrame Answer<T>(ThreadResult<T> result, Func<T, ServerFrame> toFrame)
        where T : class => result.Value is { } value ? toFrame(value) : Refuse(result.Refused!); // a result without a value is a refusal

    private static ErrorFrame Refuse(Refusal refusal) => ErrorFrame.From(refusal);

    [LoggerMessage(Level = LogLevel.Error, Message = "Frame {Frame} failed on connection {Connection}")]
    private partial void LogFault(Exception exception, string frame, string connection);
}
