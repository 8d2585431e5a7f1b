using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Accounts;

/// <summary>Accounts in the SQLite file. Writes share the one writer's commits; each is a transaction of its own within them.</summary>
internal sealed class SqliteAccounts(SqliteReaders readers, SqliteWriter writer) : IAccountStore
{
    private const string UserColumns = "id, email, name, organisation_id, tier, roles, password_hash, created_at";

    /// <summary>An e-mail's log-in failures are kept this long; no window is longer.</summary>
    private static readonly TimeSpan FailuresKept = TimeSpan.FromDays(1);

    public ValueTask<bool> TryCreateUserAsync(UserRecord user, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            session => session.Use(
                    """
                    INSERT INTO users (id, email, email_key, name, organisation_id, tier, roles, password_hash, created_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (email_key) DO NOTHING
                    """)
                .Bind(1, user.Id.Value)
                .Bind(2, user.Email)
                .Bind(3, EmailKey(user.Email))
                .Bind(4, user.Name)
                .Bind(5, user.OrganisationId)
                .Bind(6, EnumWords<Tier>.Of(user.Tier))
                .Bind(7, string.Join(' ', user.Roles))
                .Bind(8, user.PasswordHash)
                .Bind(9, user.CreatedAt)
                .Run() == 1,
            cancellationToken);

    public ValueTask<UserRecord?> FindUserByEmailAsync(string email, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use($"SELECT {UserColumns} FROM users WHERE email_key = ?1");
                return query.Bind(1, EmailKey(email)).Step() ? ReadUser(query) : null;
            },
            cancellationToken);

    public ValueTask<UserRecord?> FindUserAsync(UserId user, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use($"SELECT {UserColumns} FROM users WHERE id = ?1");
                return query.Bind(1, user.Value).Step() ? ReadUser(query) : null;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<UserId>> ListUsersInRoleAsync(string role, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<UserId>>(
            session =>
            {
                var users = new List<UserId>();
                using var query = session.Use("SELECT id FROM users WHERE instr(' ' || roles || ' ', ' ' || ?1 || ' ') > 0 ORDER BY id");
                query.Bind(1, role);
                while (query.Step())
                    users.Add(UserId.From(query.Text(0)));
                return users;
            },
            cancellationToken);

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
                    .Bind(1, EmailKey(email)).Bind(2, now - FailuresKept).Run();
                session.Use("INSERT INTO login_failures (email_key, at) VALUES (?1, ?2)")
                    .Bind(1, EmailKey(email)).Bind(2, now).Run();
                return CountFailures(session, email, now - window).Count;
            },
            cancellationToken);

    public ValueTask<(int Count, DateTimeOffset? Last)> CountLoginFailuresAsync(
        string email, DateTimeOffset since, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => CountFailures(session, email, since), cancellationToken);

    public async ValueTask ClearLoginFailuresAsync(string email, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session => session.Use("DELETE FROM login_failures WHERE email_key = ?1").Bind(1, EmailKey(email)).Run(),
            cancellationToken);

    public async ValueTask AppendAuditAsync(AuditEntry entry, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session => session.Use("INSERT INTO audit (at, action, user_id, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)")
                .Bind(1, entry.At)
                .Bind(2, entry.Action)
                .Bind(3, entry.User?.Value)
                .Bind(4, entry.Subject)
                .Bind(5, entry.Detail)
                .Run(),
            cancellationToken);

    private static string EmailKey(string email) => email.Trim().ToLowerInvariant();

    private static (int Count, DateTimeOffset? Last) CountFailures(SqliteSession session, string email, DateTimeOffset since)
    {
        using var query = session.Use("SELECT count(*), max(at) FROM login_failures WHERE email_key = ?1 AND at >= ?2");
        query.Bind(1, EmailKey(email)).Bind(2, since).Step();
        return ((int)query.Number(0), query.TimeOrNull(1));
    }

    private static UserRecord ReadUser(SqliteStatement row) => new(
        UserId.From(row.Text(0)),
        row.Text(1),
        row.TextOrNull(2),
        row.Text(3),
        EnumWords<Tier>.Parse(row.Text(4)),
        row.Text(5).Split(' ', StringSplitOptions.RemoveEmptyEntries),
        row.TextOrNull(6),
        row.Time(7));
}
