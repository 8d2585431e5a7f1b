using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Budgets;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Records;

/// <summary>Reads records from the SQLite file. The owner is part of every key that is looked up.</summary>
internal sealed class SqliteRecords(SqliteReaders readers) : IRecords
{
    private const int MaxPage = 100;

    private const string ThreadColumns = "id, title, created_at, updated_at, message_count, archived, parent_id";

    private const string RunColumns =
        "id, user_id, thread_id, message_id, state, epoch, attempt, created_at, deadline, started_at, ended_at, reason, cancel_requested, request_id, fork_of, fork_step, "
        + "needs, time_left, waits_until, traceparent, asks_nano, asks_tokens, tokens_used";

    public ValueTask<ThreadView?> FindThreadAsync(UserId user, ThreadId thread, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use($"SELECT {ThreadColumns} FROM threads WHERE user_id = ?1 AND id = ?2");
                return query.Bind(1, user.Value).Bind(2, thread.Value).Step() ? ReadThread(query) : null;
            },
            cancellationToken);

    public ValueTask<ThreadPage> ListThreadsAsync(UserId user, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var size = CheckLimit(limit);
        var from = cursor is null ? new PageCursor(long.MaxValue, "") : PageCursor.Read(cursor);
        return readers.ReadAsync(
            session =>
            {
                var threads = new List<ThreadView>(size + 1);
                using var query = session.Use(
                    $"""
                    SELECT {ThreadColumns} FROM threads
                    WHERE user_id = ?1 AND archived = 0 AND (updated_at, id) < (?2, ?3)
                    ORDER BY updated_at DESC, id DESC LIMIT ?4
                    """);
                query.Bind(1, user.Value).Bind(2, from.Number).Bind(3, from.Id).Bind(4, size + 1);
                while (query.Step())
                    threads.Add(ReadThread(query));
                var next = CutToPage(threads, size) is { } last
                    ? new PageCursor(last.UpdatedAt.ToUnixTimeMilliseconds(), last.Id.Value).Write()
                    : null;
                return new ThreadPage(threads, next);
            },
            cancellationToken);
    }

    public ValueTask<MessagePage> ListMessagesAsync(
        UserId user, ThreadId thread, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var size = CheckLimit(limit);
        var before = cursor is null ? long.MaxValue : PageCursor.Read(cursor).Number;
        return readers.ReadAsync(
            session =>
            {
                var messages = new List<(long Place, MessageView Message)>(size + 1);
                using var query = session.Use(
                    """
                    SELECT place, id, thread_id, role, content, created_at, run_id, metadata FROM messages
                    WHERE user_id = ?1 AND thread_id = ?2 AND place < ?3 ORDER BY place DESC LIMIT ?4
                    """);
                query.Bind(1, user.Value).Bind(2, thread.Value).Bind(3, before).Bind(4, size + 1);
                while (query.Step())
                    messages.Add((query.Number(0), ReadMessage(query)));
                var isLast = messages.Count <= size;
                CutToPage(messages, size);
                messages.Reverse();
                return new MessagePage(
                    messages.ConvertAll(row => row.Message), isLast ? null : new PageCursor(messages[0].Place, "").Write());
            },
            cancellationToken);
    }

    public ValueTask<RunRecord?> FindRunAsync(UserId user, RunId run, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use($"SELECT {RunColumns} FROM runs WHERE user_id = ?1 AND id = ?2");
                return query.Bind(1, user.Value).Bind(2, run.Value).Step() ? ReadRun(query) : null;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<RunRecord>> ListRunsAsync(
        UserId user, ThreadId thread, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<RunRecord>>(
            session =>
            {
                using var query = session.Use(
                    $"SELECT {RunColumns} FROM runs WHERE user_id = ?1 AND thread_id = ?2 ORDER BY created_at DESC, id DESC LIMIT ?3");
                return ReadRuns(query.Bind(1, user.Value).Bind(2, thread.Value).Bind(3, limit));
            },
            cancellationToken);

    public ValueTask<IdempotencyClaim?> FindKeyAsync(UserId user, string key, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => FindKey(session, user, key), cancellationToken);

    public ValueTask<IReadOnlyList<RunRecord>> ListUnfinishedRunsAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<RunRecord>>(
            session =>
            {
                using var query = session.Use($"SELECT {RunColumns} FROM runs WHERE ended = 0 ORDER BY created_at, id");
                return ReadRuns(query);
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<RunRecord>> ListRunsSinceAsync(
        DateTimeOffset since, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<RunRecord>>(
            session =>
            {
                using var query = session.Use(
                    $"SELECT {RunColumns} FROM runs WHERE created_at >= ?1 ORDER BY created_at DESC, id DESC LIMIT ?2");
                return ReadRuns(query.Bind(1, since).Bind(2, limit));
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<RunRecord>> ListDueRunsAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<RunRecord>>(
            session =>
            {
                using var query = session.Use($"SELECT {RunColumns} FROM runs WHERE waits_until <= ?1 ORDER BY waits_until LIMIT ?2");
                return ReadRuns(query.Bind(1, now).Bind(2, CheckLimit(limit)));
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<RunRecord>> ListRunsWaitingForBudgetAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<RunRecord>>(
            session =>
            {
                // Written out as in the index, so that it is used.
                using var query = session.Use($"SELECT {RunColumns} FROM runs WHERE needs = 'budget' ORDER BY created_at, id");
                return ReadRuns(query);
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<StoredCheckpoint>> ListCheckpointsAsync(
        UserId user, RunId run, int? through, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<StoredCheckpoint>>(
            session =>
            {
                var found = new List<StoredCheckpoint>();
                using var query = session.Use(
                    """
                    SELECT step, state FROM run_checkpoints
                    WHERE user_id = ?1 AND run_id = ?2 AND (?3 IS NULL OR step <= ?3) ORDER BY step
                    """);
                query.Bind(1, user.Value).Bind(2, run.Value).Bind(3, (long?)through);
                while (query.Step())
                    found.Add(new StoredCheckpoint((int)query.Number(0), PackedJson.Read(query.Bytes(1))));
                return through is null || found is [.., var last] && last.Step == through ? found : [];
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<RunStop>> ListStopsAsync(UserId user, RunId run, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<RunStop>>(
            session =>
            {
                var stops = new List<RunStop>();
                using var query = session.Use("SELECT target, reason FROM run_stops WHERE user_id = ?1 AND run_id = ?2");
                query.Bind(1, user.Value).Bind(2, run.Value);
                while (query.Step())
                    stops.Add(new RunStop(query.Text(0), query.Text(1)));
                return stops;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<RunSteer>> ListSteersAsync(UserId user, RunId run, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<RunSteer>>(
            session =>
            {
                var steers = new List<RunSteer>();
                using var query = session.Use(
                    "SELECT ordinal, message_id, content FROM run_steers WHERE user_id = ?1 AND run_id = ?2 ORDER BY ordinal");
                query.Bind(1, user.Value).Bind(2, run.Value);
                while (query.Step())
                    steers.Add(new RunSteer((int)query.Number(0), MessageId.From(query.Text(1)), query.Text(2)));
                return steers;
            },
            cancellationToken);

    public ValueTask<ToolCallRecord?> FindToolCallAsync(
        UserId user, RunId run, int step, int ordinal, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use(
                    """
                    SELECT run_id, step, ordinal, tool_call_id, tool_name, arguments_hash, receipt, at FROM tool_calls
                    WHERE user_id = ?1 AND run_id = ?2 AND step = ?3 AND ordinal = ?4
                    """);
                query.Bind(1, user.Value).Bind(2, run.Value).Bind(3, step).Bind(4, ordinal);
                return query.Step() ? ReadToolCall(query) : null;
            },
            cancellationToken);

    public ValueTask<ApprovalView?> FindApprovalAsync(UserId user, ApprovalId approval, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => ApprovalTables.Find(session, user, approval), cancellationToken);

    public ValueTask<IReadOnlyList<ApprovalView>> ListApprovalsAsync(
        UserId user, RunId? run, bool pendingOnly, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => ApprovalTables.List(session, user, run, pendingOnly, CheckLimit(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<(UserId User, ApprovalView Approval)>> ListExpiredApprovalsAsync(
        DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => ApprovalTables.ListExpired(session, now, CheckLimit(limit)), cancellationToken);

    public ValueTask<DateTimeOffset?> FindNextExpiryAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync(ApprovalTables.FindNextExpiry, cancellationToken);

    internal static IdempotencyClaim? FindKey(SqliteSession session, UserId user, string key)
    {
        using var query = session.Use(
            "SELECT key, body_hash, thread_id, message_id, run_id, at FROM idempotency_keys WHERE user_id = ?1 AND key = ?2");
        return query.Bind(1, user.Value).Bind(2, key).Step()
            ? new IdempotencyClaim(
                query.Text(0),
                query.Text(1),
                ThreadId.From(query.Text(2)),
                MessageId.From(query.Text(3)),
                RunId.From(query.Text(4)),
                query.Time(5))
            : null;
    }

    private static int CheckLimit(int limit) =>
        limit is >= 1 and <= MaxPage
            ? limit
            : throw new ArgumentOutOfRangeException(nameof(limit), limit, $"A page has 1 to {MaxPage} entries.");

    /// <summary>One row more than a page was asked for, to see whether there is a next one.</summary>
    /// <returns>The page's last row when there is a next page.</returns>
    private static T? CutToPage<T>(List<T> rows, int size)
    {
        if (rows.Count <= size)
            return default;
        rows.RemoveRange(size, rows.Count - size);
        return rows[^1];
    }

    private static ThreadView ReadThread(SqliteStatement row) => new(
        ThreadId.From(row.Text(0)), row.Text(1), row.Time(2), row.Time(3), (int)row.Number(4), row.Flag(5),
        row.TextOrNull(6) is { } parent ? ThreadId.From(parent) : null);

    private static MessageView ReadMessage(SqliteStatement row) => new(
        MessageId.From(row.Text(1)),
        ThreadId.From(row.Text(2)),
        EnumWords<MessageRole>.Parse(row.Text(3)),
        row.Text(4),
        row.Time(5),
        row.TextOrNull(6) is { } run ? RunId.From(run) : null,
        row.IsNull(7) ? null : JsonSerializer.Deserialize(row.Bytes(7), ApexJson.Default.MessageMetadata));

    private static List<RunRecord> ReadRuns(SqliteStatement query)
    {
        var runs = new List<RunRecord>();
        while (query.Step())
            runs.Add(ReadRun(query));
        return runs;
    }

    private static RunRecord ReadRun(SqliteStatement row) => new(
        RunId.From(row.Text(0)),
        UserId.From(row.Text(1)),
        ThreadId.From(row.Text(2)),
        MessageId.From(row.Text(3)),
        EnumWords<RunState>.Parse(row.Text(4)),
        row.Number(5),
        (int)row.Number(6),
        row.Time(7),
        row.Time(8),
        row.TimeOrNull(9),
        row.TimeOrNull(10),
        row.TextOrNull(11),
        row.Flag(12),
        row.TextOrNull(13),
        row.TextOrNull(14) is { } forked ? new RunFork(RunId.From(forked), (int)row.Number(15)) : null,
        row.TextOrNull(16) is { } needs ? EnumWords<RunNeed>.Parse(needs) : null,
        row.NumberOrNull(17) is { } left ? TimeSpan.FromMilliseconds(left) : null,
        row.TimeOrNull(18),
        row.TextOrNull(19))
    {
        Asks = row.NumberOrNull(20) is { } nano && row.NumberOrNull(21) is { } tokens ? new BudgetAmount(nano, tokens) : null,
        TokensUsed = row.Number(22),
    };

    private static ToolCallRecord ReadToolCall(SqliteStatement row) => new(
        RunId.From(row.Text(0)),
        (int)row.Number(1),
        (int)row.Number(2),
        row.Text(3),
        row.Text(4),
        row.Text(5),
        row.IsNull(6) ? null : ReadJson(row, 6),
        row.Time(7));

    private static JsonElement ReadJson(SqliteStatement row, int column)
    {
        var reader = new Utf8JsonReader(row.Bytes(column));
        return JsonElement.ParseValue(ref reader);
    }
}
