using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Accounts;

/// <summary>Accounts in the SQLite file. Writes share the one writer's commits; each is a transaction of its own within them.</summary>
internal sealed class SqliteAccounts(SqliteReaders readers, SqliteWriter writer) : IAccountStore
{
    private const int MaxPage = 100;

    /// <summary>An e-mail's log-in failures are kept this long; no window is longer.</summary>
    private static readonly TimeSpan FailuresKept = TimeSpan.FromDays(1);

    public ValueTask<bool> TryCreateUserAsync(UserRecord user, CancellationToken cancellationToken) =>
        writer.WriteAsync(session => UserTables.TryInsert(session, user), cancellationToken);

    public ValueTask<UserRecord?> FindUserByEmailAsync(string email, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => UserTables.FindByEmail(session, email), cancellationToken);

    public ValueTask<UserRecord?> FindUserAsync(UserId user, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => UserTables.Find(session, user), cancellationToken);

    public ValueTask<IReadOnlyList<UserId>> ListUsersInRoleAsync(string role, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<UserId>>(session => UserTables.ListInRole(session, role), cancellationToken);

    public ValueTask<UserRecordPage> ListUsersAsync(string? search, string? after, int limit, CancellationToken cancellationToken) =>
        limit is >= 1 and <= MaxPage
            ? readers.ReadAsync(session => UserTables.List(session, search, after, limit), cancellationToken)
            : throw new ArgumentOutOfRangeException(nameof(limit), limit, $"A page has 1 to {MaxPage} entries.");

    public ValueTask<UserChangeOutcome> ChangeUserAsync(UserChangeOrder order, string administrator, CancellationToken cancellationToken) =>
        writer.WriteAsync(session => UserTables.Change(session, order, administrator), cancellationToken);

    public ValueTask<bool> HasMembersAsync(string organisationId, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use("SELECT 1 FROM users WHERE organisation_id = ?1 LIMIT 1");
                return query.Bind(1, organisationId).Step();
            },
            cancellationToken);

    public ValueTask<long> CountUsersAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync(session => session.Number("SELECT count(*) FROM users"), cancellationToken);

    public async ValueTask UpdatePasswordAsync(UserId user, string passwordHash, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session => session.Use("UPDATE users SET password_hash = ?2 WHERE id = ?1")
                .Bind(1, user.Value).Bind(2, passwordHash).Run(),
            cancellationToken);

    public async ValueTask CreateSessionAsync(
        SessionRecord session, string refreshTokenHash, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            database =>
            {
                SessionTables.Insert(database, session);
                SessionTables.InsertToken(database, refreshTokenHash, session.Id, session.ExpiresAt);
                return true;
            },
            cancellationToken);

    public ValueTask<RefreshOutcome> RotateRefreshTokenAsync(
        string presentedHash, string nextHash, DateTimeOffset now, DateTimeOffset nextExpiresAt, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            session => SessionTables.Rotate(session, presentedHash, nextHash, now, nextExpiresAt), cancellationToken);

    public ValueTask<SessionRecord?> FindSessionAsync(string sessionId, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => SessionTables.Find(session, sessionId), cancellationToken);

    public ValueTask<(SessionRecord Session, UserRecord User)?> FindSignedInAsync(string sessionId, CancellationToken cancellationToken) =>
        readers.ReadAsync<(SessionRecord Session, UserRecord User)?>(
            session => SessionTables.Find(session, sessionId) is { } found && UserTables.Find(session, found.User) is { } user ? (found, user) : null,
            cancellationToken);

    public ValueTask<IReadOnlyList<SessionRecord>> ListSessionsAsync(UserId user, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<SessionRecord>>(session => SessionTables.List(session, user), cancellationToken);

    public ValueTask<bool> RevokeSessionAsync(
        UserId user, string sessionId, DateTimeOffset now, CancellationToken cancellationToken) =>
        writer.WriteAsync(session => SessionTables.Revoke(session, user, sessionId, now), cancellationToken);

    public ValueTask<SessionRecord?> RevokeByRefreshTokenAsync(string hash, DateTimeOffset now, CancellationToken cancellationToken) =>
        writer.WriteAsync(session => SessionTables.RevokeByToken(session, hash, now), cancellationToken);

    public ValueTask<int> RecordLoginFailureAsync(
        string email, DateTimeOffset now, TimeSpan window, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            session =>
            {
                session.Use("DELETE FROM login_failures WHERE email_key = ?1 AND at < ?2")
                    .Bind(1, UserTables.EmailKey(email)).Bind(2, now - FailuresKept).Run();
                session.Use("INSERT INTO login_failures (email_key, at) VALUES (?1, ?2)")
                    .Bind(1, UserTables.EmailKey(email)).Bind(2, now).Run();
                return CountFailures(session, email, now - window).Count;
            },
            cancellationToken);

    public ValueTask<(int Count, DateTimeOffset? Last)> CountLoginFailuresAsync(
        string email, DateTimeOffset since, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => CountFailures(session, email, since), cancellationToken);

    public async ValueTask ClearLoginFailuresAsync(string email, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session => session.Use("DELETE FROM login_failures WHERE email_key = ?1").Bind(1, UserTables.EmailKey(email)).Run(),
            cancellationToken);

    public async ValueTask AppendAuditAsync(AuditEntry entry, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session =>
            {
                AuditTable.Append(session, entry);
                return true;
            },
            cancellationToken);

    private static (int Count, DateTimeOffset? Last) CountFailures(SqliteSession session, string email, DateTimeOffset since)
    {
        using var query = session.Use("SELECT count(*), max(at) FROM login_failures WHERE email_key = ?1 AND at >= ?2");
        query.Bind(1, UserTables.EmailKey(email)).Bind(2, since).Step();
        return ((int)query.Number(0), query.TimeOrNull(1));
    }
}
