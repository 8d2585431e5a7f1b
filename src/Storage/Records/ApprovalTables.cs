using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Records;

/// <summary>The statements over approvals. What was asked is kept whole as the wire has it; only what is looked for has a column.</summary>
internal static class ApprovalTables
{
    /// <summary>Why a run goes on after a decision.</summary>
    public const string Decided = "What the run asked was decided.";

    private const string OfUser =
        "SELECT body FROM approvals WHERE user_id = ?1 AND (?3 IS NULL OR state = ?3) ORDER BY requested_at DESC, id LIMIT ?4";

    private const string OfRun =
        "SELECT body FROM approvals WHERE user_id = ?1 AND run_id = ?2 AND (?3 IS NULL OR state = ?3) ORDER BY requested_at DESC, id LIMIT ?4";

    public static void Add(SqliteSession session, UserId user, ApprovalView approval) =>
        session.Use(
                """
                INSERT INTO approvals (user_id, id, run_id, state, requested_at, expires_at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                ON CONFLICT (user_id, id) DO NOTHING
                """)
            .Bind(1, user.Value)
            .Bind(2, approval.Id.Value)
            .Bind(3, approval.RunId.Value)
            .Bind(4, EnumWords<ApprovalState>.Of(approval.State))
            .Bind(5, approval.RequestedAt)
            .Bind(6, approval.ExpiresAt)
            .Bind(7, JsonSerializer.SerializeToUtf8Bytes(approval, ApexJson.Default.ApprovalView))
            .Run();

    public static AppendOutcome.NotPending? Decide(SqliteSession session, UserId user, RecordChange.DecideApproval decide)
    {
        var asked = Find(session, user, decide.Id)
            ?? throw new ArgumentException($"The approval {decide.Id} is decided, which its owner does not have.");
        if (asked.State != ApprovalState.Pending)
            return new AppendOutcome.NotPending(asked);
        Save(session, user, asked with { State = ApprovalState.Decided, Decided = decide.Decision });
        RecordTables.Apply(session, user, new RecordChange.WakeRun(asked.RunId, Decided), seq: 0);
        return null;
    }

    /// <summary>What the run asked and nobody decided before its end.</summary>
    public static void Withdraw(SqliteSession session, UserId user, RunId run)
    {
        foreach (var asked in List(session, user, run, pendingOnly: true, limit: int.MaxValue))
            Save(session, user, asked with { State = ApprovalState.Withdrawn });
    }

    public static void Withdraw(SqliteSession session, UserId user, IReadOnlyList<ApprovalId> approvals)
    {
        foreach (var approval in approvals)
            if (Find(session, user, approval) is { State: ApprovalState.Pending } asked)
                Save(session, user, asked with { State = ApprovalState.Withdrawn });
    }

    public static bool IsAnyDecided(SqliteSession session, UserId user, IReadOnlyList<ApprovalId> approvals) =>
        approvals.Any(approval => Find(session, user, approval) is { State: not ApprovalState.Pending });

    public static ApprovalView? Find(SqliteSession session, UserId user, ApprovalId approval)
    {
        using var query = session.Use("SELECT body FROM approvals WHERE user_id = ?1 AND id = ?2");
        return query.Bind(1, user.Value).Bind(2, approval.Value).Step() ? Read(query, 0) : null;
    }

    public static IReadOnlyList<ApprovalView> List(SqliteSession session, UserId user, RunId? run, bool pendingOnly, int limit)
    {
        var asked = new List<ApprovalView>();
        using var query = session.Use(run is null ? OfUser : OfRun);
        if (run is { } one)
            query.Bind(2, one.Value);
        query.Bind(1, user.Value)
            .Bind(3, pendingOnly ? EnumWords<ApprovalState>.Of(ApprovalState.Pending) : null)
            .Bind(4, limit);
        while (query.Step())
            asked.Add(Read(query, 0));
        return asked;
    }

    public static IReadOnlyList<(UserId, ApprovalView)> ListExpired(SqliteSession session, DateTimeOffset now, int limit)
    {
        var expired = new List<(UserId, ApprovalView)>();
        using var query = session.Use(
            "SELECT user_id, body FROM approvals WHERE state = 'pending' AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2");
        query.Bind(1, now).Bind(2, limit);
        while (query.Step())
            expired.Add((UserId.From(query.Text(0)), Read(query, 1)));
        return expired;
    }

    public static DateTimeOffset? FindNextExpiry(SqliteSession session)
    {
        using var query = session.Use("""
            SELECT min(at) FROM (SELECT min(expires_at) AS at FROM approvals WHERE state = 'pending'
                                 UNION ALL SELECT min(waits_until) FROM runs WHERE waits_until IS NOT NULL)
            """);
        return query.Step() ? query.TimeOrNull(0) : null;
    }

    private static void Save(SqliteSession session, UserId user, ApprovalView approval) =>
        session.Use("UPDATE approvals SET state = ?3, body = ?4 WHERE user_id = ?1 AND id = ?2")
            .Bind(1, user.Value)
            .Bind(2, approval.Id.Value)
            .Bind(3, EnumWords<ApprovalState>.Of(approval.State))
            .Bind(4, JsonSerializer.SerializeToUtf8Bytes(approval, ApexJson.Default.ApprovalView))
            .Run();

    private static ApprovalView Read(SqliteStatement row, int column) =>
        JsonSerializer.Deserialize(row.Bytes(column), ApexJson.Default.ApprovalView)
        ?? throw new InvalidDataException("An approval is null in the store.");
}
