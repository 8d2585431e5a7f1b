using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Records;

/// <summary>Writes changes of state, each for the append's user only.</summary>
internal static class RecordTables
{
    public static bool HasEnded(RunState state) => state is RunState.Completed or RunState.Failed or RunState.Cancelled;

    private static bool IsWaiting(RunState state) => state is RunState.Waiting or RunState.Paused;

    /// <param name="seq">Of the last event stored with the change.</param>
    /// <returns>Why the whole append is refused, or null.</returns>
    public static AppendOutcome? Apply(SqliteSession session, UserId user, RecordChange change, long seq)
    {
        switch (change)
        {
            case RecordChange.SaveThread save:
                SaveThread(session, user, save.Thread);
                return null;
            case RecordChange.AddMessage add:
                return AddMessage(session, user, add.Message);
            case RecordChange.SaveRun save:
                return SaveRun(session, user, save.Run);
            case RecordChange.RequestStop stop:
                RequestStop(session, user, stop);
                return null;
            case RecordChange.AddSteer steer:
                AddSteer(session, user, steer);
                return null;
            case RecordChange.SaveCheckpoint save:
                SaveCheckpoint(session, user, save);
                return null;
            case RecordChange.ClaimKey claim:
                return ClaimKey(session, user, claim.Claim);
            case RecordChange.SaveToolCall save:
                SaveToolCall(session, user, save.Call);
                return null;
            case RecordChange.AddApproval add:
                ApprovalTables.Add(session, user, add.Approval);
                return null;
            case RecordChange.DecideApproval decide:
                return ApprovalTables.Decide(session, user, decide);
            case RecordChange.WithdrawApprovals withdraw:
                ApprovalTables.Withdraw(session, user, withdraw.Ids);
                return null;
            case RecordChange.WakeRun wake:
                WakeRun(session, user, wake);
                return null;
            case RecordChange.WakeIfDecided wake:
                if (ApprovalTables.IsAnyDecided(session, user, wake.On))
                    WakeRun(session, user, new RecordChange.WakeRun(wake.Run, ApprovalTables.Decided));
                return null;
            case RecordChange.WakeIfSteered wake:
                if (CountSteers(session, user, wake.Run) > wake.Taken)
                    WakeRun(session, user, new RecordChange.WakeRun(wake.Run, RecordChange.WakeIfSteered.Cause));
                return null;
            case RecordChange.NoteBroadcast note:
                return NoteBroadcast(session, user, note.BroadcastId, seq);
            default:
                throw new ArgumentException($"A change of kind {change.GetType().Name} is not known to this store.");
        }
    }

    private static void SaveThread(SqliteSession session, UserId user, ThreadView thread) =>
        session.Use(
                """
                INSERT INTO threads (user_id, id, title, created_at, updated_at, archived, parent_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT (user_id, id) DO UPDATE SET
                    title = excluded.title, updated_at = max(updated_at, excluded.updated_at), archived = excluded.archived
                """)
            .Bind(1, user.Value)
            .Bind(2, thread.Id.Value)
            .Bind(3, thread.Title)
            .Bind(4, thread.CreatedAt)
            .Bind(5, thread.UpdatedAt)
            .Bind(6, thread.Archived ? 1 : 0)
            .Bind(7, thread.ParentId?.Value)
            .Run();

    private static AppendOutcome.IdTaken? AddMessage(SqliteSession session, UserId user, MessageView message)
    {
        var insert = session.Use(
                """
                INSERT INTO messages (user_id, id, thread_id, role, content, created_at, run_id, metadata)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (user_id, id) DO NOTHING
                """)
            .Bind(1, user.Value)
            .Bind(2, message.Id.Value)
            .Bind(3, message.ThreadId.Value)
            .Bind(4, EnumWords<MessageRole>.Of(message.Role))
            .Bind(5, message.Content)
            .Bind(6, message.CreatedAt)
            .Bind(7, message.RunId?.Value);
        if (message.Metadata is { } metadata)
            insert.Bind(8, JsonSerializer.SerializeToUtf8Bytes(metadata, ApexJson.Default.MessageMetadata));
        if (insert.Run() == 0)
            return new AppendOutcome.IdTaken("message", message.Id.Value);

        var counted = session.Use(
                """
                UPDATE threads SET message_count = message_count + 1, updated_at = max(updated_at, ?3)
                WHERE user_id = ?1 AND id = ?2
                """)
            .Bind(1, user.Value).Bind(2, message.ThreadId.Value).Bind(3, message.CreatedAt).Run();
        return counted == 1
            ? null
            : throw new ArgumentException($"Message {message.Id} belongs to thread {message.ThreadId}, which its owner does not have.");
    }

    private static AppendOutcome.IdTaken? SaveRun(SqliteSession session, UserId user, RunRecord run)
    {
        // On the right of SET, a bare column is the row as it was.
        var saved = session.Use(
                """
                INSERT INTO runs (user_id, id, thread_id, message_id, state, ended, epoch, attempt, created_at, deadline,
                                  started_at, ended_at, reason, cancel_requested, request_id, fork_of, fork_step, needs, time_left, waits_until, traceparent,
                                  asks_nano, asks_tokens)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
                ON CONFLICT (user_id, id) DO UPDATE SET
                    state = CASE WHEN ended THEN state ELSE excluded.state END,
                    ended_at = CASE WHEN ended THEN ended_at ELSE excluded.ended_at END,
                    reason = CASE WHEN ended THEN reason ELSE excluded.reason END,
                    ended = max(ended, excluded.ended),
                    epoch = max(epoch, excluded.epoch),
                    attempt = max(attempt, excluded.attempt),
                    deadline = excluded.deadline,
                    started_at = coalesce(started_at, excluded.started_at),
                    cancel_requested = max(cancel_requested, excluded.cancel_requested),
                    request_id = coalesce(excluded.request_id, request_id),
                    needs = excluded.needs,
                    time_left = excluded.time_left,
                    waits_until = excluded.waits_until,
                    asks_nano = excluded.asks_nano,
                    asks_tokens = excluded.asks_tokens
                WHERE message_id = excluded.message_id
                """)
            .Bind(1, user.Value)
            .Bind(2, run.Id.Value)
            .Bind(3, run.ThreadId.Value)
            .Bind(4, run.MessageId.Value)
            .Bind(5, EnumWords<RunState>.Of(run.State))
            .Bind(6, HasEnded(run.State) ? 1 : 0)
            .Bind(7, run.Epoch)
            .Bind(8, run.Attempt)
            .Bind(9, run.CreatedAt)
            .Bind(10, run.Deadline)
            .Bind(11, run.StartedAt)
            .Bind(12, run.EndedAt)
            .Bind(13, run.Reason)
            .Bind(14, run.CancelRequested ? 1 : 0)
            .Bind(15, run.RequestId)
            .Bind(16, run.Fork?.Of.Value)
            .Bind(17, (long?)run.Fork?.Step)
            .Bind(18, IsWaiting(run.State) && run.Needs is { } needs ? EnumWords<RunNeed>.Of(needs) : null)
            .Bind(19, (long?)run.TimeLeft?.TotalMilliseconds)
            .Bind(20, IsWaiting(run.State) ? run.WaitsUntil : null)
            .Bind(21, run.Traceparent)
            .Bind(22, IsWaiting(run.State) ? run.Asks?.NanoDollars : null)
            .Bind(23, IsWaiting(run.State) ? run.Asks?.Tokens : null)
            .Run();
        if (saved != 1)
            return new AppendOutcome.IdTaken("run", run.Id.Value);
        if (HasEnded(run.State))
            ForgetWork(session, user, run.Id);
        return null;
    }

    /// <summary>What only a run at work needs. Its checkpoints stay as long as its events, for forks; what it asked, too.</summary>
    private static void ForgetWork(SqliteSession session, UserId user, RunId run)
    {
        session.Use("DELETE FROM tool_calls WHERE user_id = ?1 AND run_id = ?2").Bind(1, user.Value).Bind(2, run.Value).Run();
        ApprovalTables.Withdraw(session, user, run);
        session.Use("DELETE FROM run_stops WHERE user_id = ?1 AND run_id = ?2").Bind(1, user.Value).Bind(2, run.Value).Run();
        session.Use("DELETE FROM run_steers WHERE user_id = ?1 AND run_id = ?2").Bind(1, user.Value).Bind(2, run.Value).Run();
    }

    private static void WakeRun(SqliteSession session, UserId user, RecordChange.WakeRun wake) =>
        session.Use(
                """
                UPDATE runs SET state = ?3, needs = NULL, waits_until = NULL, asks_nano = NULL, asks_tokens = NULL,
                    reason = CASE WHEN cancel_requested THEN reason ELSE ?4 END
                WHERE user_id = ?1 AND id = ?2 AND ended = 0 AND state IN (?5, ?6)
                """)
            .Bind(1, user.Value)
            .Bind(2, wake.Run.Value)
            .Bind(3, EnumWords<RunState>.Of(RunState.Queued))
            .Bind(4, wake.Cause)
            .Bind(5, EnumWords<RunState>.Of(RunState.Waiting))
            .Bind(6, EnumWords<RunState>.Of(RunState.Paused))
            .Run();

    private static void RequestStop(SqliteSession session, UserId user, RecordChange.RequestStop stop)
    {
        if (stop.Target is null)
        {
            session.Use(
                    """
                    UPDATE runs SET cancel_requested = 1, reason = CASE WHEN cancel_requested THEN reason ELSE ?3 END
                    WHERE user_id = ?1 AND id = ?2 AND ended = 0
                    """)
                .Bind(1, user.Value).Bind(2, stop.Run.Value).Bind(3, stop.Reason).Run();
            return;
        }

        session.Use(
                """
                INSERT INTO run_stops (user_id, run_id, target, reason)
                SELECT user_id, id, ?3, ?4 FROM runs WHERE user_id = ?1 AND id = ?2 AND ended = 0
                ON CONFLICT (user_id, run_id, target) DO NOTHING
                """)
            .Bind(1, user.Value).Bind(2, stop.Run.Value).Bind(3, stop.Target).Bind(4, stop.Reason).Run();
    }

    private static void AddSteer(SqliteSession session, UserId user, RecordChange.AddSteer steer) =>
        session.Use(
                """
                INSERT INTO run_steers (user_id, run_id, ordinal, message_id, content)
                VALUES (?1, ?2, (SELECT coalesce(max(ordinal), 0) + 1 FROM run_steers WHERE user_id = ?1 AND run_id = ?2), ?3, ?4)
                """)
            .Bind(1, user.Value).Bind(2, steer.Run.Value).Bind(3, steer.MessageId.Value).Bind(4, steer.Content).Run();

    private static long CountSteers(SqliteSession session, UserId user, RunId run)
    {
        using var query = session.Use("SELECT count(*) FROM run_steers WHERE user_id = ?1 AND run_id = ?2");
        query.Bind(1, user.Value).Bind(2, run.Value).Step();
        return query.Number(0);
    }

    private static void SaveCheckpoint(SqliteSession session, UserId user, RecordChange.SaveCheckpoint save) =>
        session.Use(
                """
                INSERT INTO run_checkpoints (user_id, run_id, step, state) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (user_id, run_id, step) DO UPDATE SET state = excluded.state
                """)
            .Bind(1, user.Value).Bind(2, save.Run.Value).Bind(3, save.Step).Bind(4, save.Stored.Span).Run();

    private static AppendOutcome.KeyTaken? ClaimKey(SqliteSession session, UserId user, IdempotencyClaim claim)
    {
        var claimed = session.Use(
                """
                INSERT INTO idempotency_keys (user_id, key, body_hash, thread_id, message_id, run_id, at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (user_id, key) DO NOTHING
                """)
            .Bind(1, user.Value)
            .Bind(2, claim.Key)
            .Bind(3, claim.BodyHash)
            .Bind(4, claim.ThreadId.Value)
            .Bind(5, claim.MessageId.Value)
            .Bind(6, claim.RunId.Value)
            .Bind(7, claim.At)
            .Run();
        if (claimed == 1)
            return null;
        return SqliteRecords.FindKey(session, user, claim.Key) is { } existing
            ? new AppendOutcome.KeyTaken(existing)
            : throw new InvalidOperationException("A key is taken and cannot be found.");
    }

    private static void SaveToolCall(SqliteSession session, UserId user, ToolCallRecord call)
    {
        var save = session.Use(
                """
                INSERT INTO tool_calls (user_id, run_id, step, ordinal, tool_call_id, tool_name, arguments_hash, receipt, at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                ON CONFLICT (user_id, run_id, step, ordinal) DO UPDATE SET
                    tool_call_id = excluded.tool_call_id, tool_name = excluded.tool_name,
                    arguments_hash = excluded.arguments_hash, receipt = excluded.receipt, at = excluded.at
                """)
            .Bind(1, user.Value)
            .Bind(2, call.Run.Value)
            .Bind(3, call.Step)
            .Bind(4, call.Ordinal)
            .Bind(5, call.ToolCallId)
            .Bind(6, call.ToolName)
            .Bind(7, call.ArgumentsHash)
            .Bind(9, call.At);
        if (call.Receipt is { } receipt)
            save.Bind(8, Encode(receipt));
        save.Run();
    }

    private static AppendOutcome.IdTaken? NoteBroadcast(SqliteSession session, UserId user, string broadcastId, long seq)
    {
        var noted = session.Use(
                """
                INSERT INTO broadcast_recipients (broadcast_id, user_id, seq) VALUES (?1, ?2, ?3)
                ON CONFLICT (broadcast_id, user_id) DO NOTHING
                """)
            .Bind(1, broadcastId).Bind(2, user.Value).Bind(3, seq).Run();
        return noted == 1 ? null : new AppendOutcome.IdTaken("broadcast", broadcastId);
    }

    private static byte[] Encode(JsonElement value) => JsonSerializer.SerializeToUtf8Bytes(value, ApexJson.Default.JsonElement);
}
