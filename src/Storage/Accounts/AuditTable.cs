using Apex.Storage.Sqlite;

namespace Apex.Storage.Accounts;

/// <summary>The one statement over what was done by whom.</summary>
internal static class AuditTable
{
    public static void Append(SqliteSession session, AuditEntry entry) =>
        session.Use("INSERT INTO audit (at, action, user_id, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)")
            .Bind(1, entry.At)
            .Bind(2, entry.Action)
            .Bind(3, entry.User?.Value)
            .Bind(4, entry.Subject)
            .Bind(5, entry.Detail)
            .Run();
}
