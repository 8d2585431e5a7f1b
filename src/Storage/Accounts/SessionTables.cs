using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Accounts;

/// <summary>The statements over sessions and refresh tokens.</summary>
internal static class SessionTables
{
    private const string Columns = "id, user_id, device, created_at, last_used_at, expires_at, revoked_at";

    public static void Insert(SqliteSession database, SessionRecord session) =>
        database.Use(
                $"INSERT INTO sessions ({Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .Bind(1, session.Id)
            .Bind(2, session.User.Value)
            .Bind(3, session.Device)
            .Bind(4, session.CreatedAt)
            .Bind(5, session.LastUsedAt)
            .Bind(6, session.ExpiresAt)
            .Bind(7, session.RevokedAt)
            .Run();

    public static void InsertToken(SqliteSession database, string hash, string sessionId, DateTimeOffset expiresAt) =>
        database.Use("INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES (?1, ?2, ?3)")
            .Bind(1, hash).Bind(2, sessionId).Bind(3, expiresAt).Run();

    public static RefreshOutcome Rotate(
        SqliteSession database, string presentedHash, string nextHash, DateTimeOffset now, DateTimeOffset nextExpiresAt)
    {
        if (FindToken(database, presentedHash) is not { } token || Find(database, token.SessionId) is not { } session)
            return new RefreshOutcome.Unknown();
        if (token.Replaced)
        {
            // The order matters: a replaced token is a theft even when its session has ended by now.
            MarkRevoked(database, session.Id, now);
            return new RefreshOutcome.Reused(session with { RevokedAt = session.RevokedAt ?? now });
        }

        if (session.RevokedAt is not null)
            return new RefreshOutcome.Unknown();
        if (token.ExpiresAt <= now || session.ExpiresAt <= now)
            return new RefreshOutcome.Expired();

        database.Use("UPDATE refresh_tokens SET replaced = 1 WHERE hash = ?1").Bind(1, presentedHash).Run();
        InsertToken(database, nextHash, session.Id, nextExpiresAt);
        database.Use("UPDATE sessions SET last_used_at = ?2, expires_at = ?3 WHERE id = ?1")
            .Bind(1, session.Id).Bind(2, now).Bind(3, nextExpiresAt).Run();
        return new RefreshOutcome.Rotated(session with { LastUsedAt = now, ExpiresAt = nextExpiresAt });
    }

    public static SessionRecord? Find(SqliteSession database, string sessionId)
    {
        using var query = database.Use($"SELECT {Columns} FROM sessions WHERE id = ?1");
        return query.Bind(1, sessionId).Step() ? Read(query) : null;
    }

    public static List<SessionRecord> List(SqliteSession database, UserId user)
    {
        var sessions = new List<SessionRecord>();
        using var query = database.Use($"SELECT {Columns} FROM sessions WHERE user_id = ?1 ORDER BY created_at DESC, id DESC");
        query.Bind(1, user.Value);
        while (query.Step())
            sessions.Add(Read(query));
        return sessions;
    }

    public static bool Revoke(SqliteSession database, UserId user, string sessionId, DateTimeOffset now) =>
        database.Use("UPDATE sessions SET revoked_at = ?3 WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL")
            .Bind(1, sessionId).Bind(2, user.Value).Bind(3, now).Run() == 1;

    /// <returns>Ids of those that lived until now.</returns>
    public static List<string> RevokeAll(SqliteSession database, UserId user, DateTimeOffset now)
    {
        var living = List(database, user).Where(session => session.RevokedAt is null && session.ExpiresAt > now).Select(session => session.Id).ToList();
        foreach (var session in living)
            MarkRevoked(database, session, now);
        return living;
    }

    public static SessionRecord? RevokeByToken(SqliteSession database, string hash, DateTimeOffset now)
    {
        if (FindToken(database, hash) is not { } token)
            return null;
        MarkRevoked(database, token.SessionId, now);
        return Find(database, token.SessionId);
    }

    private static void MarkRevoked(SqliteSession database, string sessionId, DateTimeOffset now) =>
        database.Use("UPDATE sessions SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1")
            .Bind(1, sessionId).Bind(2, now).Run();

    private static (string SessionId, DateTimeOffset ExpiresAt, bool Replaced)? FindToken(SqliteSession database, string hash)
    {
        using var query = database.Use("SELECT session_id, expires_at, replaced FROM refresh_tokens WHERE hash = ?1");
        return query.Bind(1, hash).Step() ? (query.Text(0), query.Time(1), query.Flag(2)) : null;
    }

    private static SessionRecord Read(SqliteStatement row) => new(
        row.Text(0),
        UserId.From(row.Text(1)),
        row.TextOrNull(2),
        row.Time(3),
        row.Time(4),
        row.Time(5),
        row.TimeOrNull(6));
}
