using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Accounts;

/// <summary>The statements over users.</summary>
internal static class UserTables
{
    public const string Columns = "id, email, name, organisation_id, tier, roles, password_hash, created_at, disabled_at";

    private const string HasRole = "instr(' ' || roles || ' ', ' ' || ?1 || ' ') > 0";

    public static string EmailKey(string email) => email.Trim().ToLowerInvariant();

    public static bool TryInsert(SqliteSession session, UserRecord user) =>
        session.Use(
                """
                INSERT INTO users (id, email, email_key, name, organisation_id, tier, roles, password_hash, created_at, disabled_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (email_key) DO NOTHING
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
            .Bind(10, user.DisabledAt)
            .Run() == 1;

    public static UserRecord? Find(SqliteSession session, UserId user)
    {
        using var query = session.Use($"SELECT {Columns} FROM users WHERE id = ?1");
        return query.Bind(1, user.Value).Step() ? Read(query) : null;
    }

    public static UserRecord? FindByEmail(SqliteSession session, string email)
    {
        using var query = session.Use($"SELECT {Columns} FROM users WHERE email_key = ?1");
        return query.Bind(1, EmailKey(email)).Step() ? Read(query) : null;
    }

    public static List<UserId> ListInRole(SqliteSession session, string role)
    {
        var users = new List<UserId>();
        using var query = session.Use($"SELECT id FROM users WHERE {HasRole} AND disabled_at IS NULL ORDER BY id");
        query.Bind(1, role);
        while (query.Step())
            users.Add(UserId.From(query.Text(0)));
        return users;
    }

    /// <summary>By e-mail; one row more than the page tells that there is a next one.</summary>
    public static UserRecordPage List(SqliteSession session, string? search, string? after, int limit)
    {
        var found = new List<UserRecord>();
        using var query = session.Use(
            $"""
            SELECT {Columns} FROM users WHERE email_key > ?1 AND (?2 IS NULL OR instr(email_key, ?2) > 0) ORDER BY email_key LIMIT ?3
            """);
        query.Bind(1, after ?? "").Bind(2, search is null ? null : EmailKey(search)).Bind(3, limit + 1);
        while (query.Step())
            found.Add(Read(query));
        if (found.Count <= limit)
            return new UserRecordPage(found, null);
        found.RemoveAt(limit);
        return new UserRecordPage(found, EmailKey(found[^1].Email));
    }

    /// <summary>The change with its audit, or nothing.</summary>
    public static UserChangeOutcome Change(SqliteSession session, UserChangeOrder order, string administrator)
    {
        if (Find(session, order.User) is not { } before)
            return new UserChangeOutcome.NoSuchUser();

        var change = order.Change;
        var after = before with
        {
            Tier = change.Tier ?? before.Tier,
            Roles = change.Roles ?? before.Roles,
            DisabledAt = change.IsDisabled switch { true => before.DisabledAt ?? order.At, false => null, null => before.DisabledAt },
        };
        if (Administers(before, administrator) && !Administers(after, administrator) && !HasOther(session, order.User, administrator))
            return new UserChangeOutcome.LastAdministrator(before);

        session.Use("UPDATE users SET tier = ?2, roles = ?3, disabled_at = ?4 WHERE id = ?1")
            .Bind(1, after.Id.Value).Bind(2, EnumWords<Tier>.Of(after.Tier)).Bind(3, string.Join(' ', after.Roles)).Bind(4, after.DisabledAt)
            .Run();
        var ended = after.DisabledAt is null ? [] : SessionTables.RevokeAll(session, after.Id, order.At);
        AuditTable.Append(session, new AuditEntry(order.At, "user_changed", order.By, after.Id.Value, Words(before, after)));
        return new UserChangeOutcome.Changed(before, after, ended);
    }

    public static UserRecord Read(SqliteStatement row) => new(
        UserId.From(row.Text(0)),
        row.Text(1),
        row.TextOrNull(2),
        row.Text(3),
        EnumWords<Tier>.Parse(row.Text(4)),
        row.Text(5).Split(' ', StringSplitOptions.RemoveEmptyEntries),
        row.TextOrNull(6),
        row.Time(7),
        row.TimeOrNull(8));

    private static bool Administers(UserRecord user, string administrator) =>
        user.DisabledAt is null && user.Roles.Contains(administrator, StringComparer.Ordinal);

    /// <summary>One without a password is nobody who could log in from elsewhere.</summary>
    private static bool HasOther(SqliteSession session, UserId user, string administrator)
    {
        using var query = session.Use($"SELECT 1 FROM users WHERE {HasRole} AND disabled_at IS NULL AND password_hash IS NOT NULL AND id <> ?2 LIMIT 1");
        return query.Bind(1, administrator).Bind(2, user.Value).Step();
    }

    private static string Words(UserRecord before, UserRecord after)
    {
        string?[] parts =
        [
            before.Tier == after.Tier ? null : $"tier {EnumWords<Tier>.Of(before.Tier)} to {EnumWords<Tier>.Of(after.Tier)}",
            before.Roles.SequenceEqual(after.Roles) ? null : $"roles {string.Join(' ', before.Roles)} to {string.Join(' ', after.Roles)}",
            (before.DisabledAt, after.DisabledAt) switch { (null, not null) => "disabled", (not null, null) => "enabled", _ => null },
        ];
        var changed = parts.OfType<string>().ToArray();
        return changed.Length == 0 ? "nothing" : string.Join(", ", changed);
    }
}
