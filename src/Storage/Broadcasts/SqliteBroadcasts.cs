using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Broadcasts;

internal sealed class SqliteBroadcasts(SqliteReaders readers, SqliteWriter writer) : IBroadcastStore
{
    private const string Columns = "id, at, author, title, body, severity, audience, audience_value, finished_at";

    public async ValueTask<BroadcastRecord> CreateAsync(BroadcastRecord broadcast, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session =>
            {
                session.Use(
                        $"""
                        INSERT INTO broadcasts ({Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)
                        ON CONFLICT (id) DO NOTHING
                        """)
                    .Bind(1, broadcast.Id)
                    .Bind(2, broadcast.At)
                    .Bind(3, broadcast.Author.Value)
                    .Bind(4, broadcast.Title)
                    .Bind(5, broadcast.Body)
                    .Bind(6, EnumWords<BroadcastSeverity>.Of(broadcast.Severity))
                    .Bind(7, EnumWords<AudienceKind>.Of(broadcast.Audience.Kind))
                    .Bind(8, broadcast.Audience.Value)
                    .Run();
                return Find(session, broadcast.Id)
                    ?? throw new InvalidOperationException("A broadcast was stored and cannot be found.");
            },
            cancellationToken);

    public ValueTask<BroadcastRecord?> FindAsync(string id, CancellationToken cancellationToken) =>
        readers.ReadAsync(session => Find(session, id), cancellationToken);

    public ValueTask<IReadOnlyList<BroadcastRecord>> ListAsync(int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<BroadcastRecord>>(
            session =>
            {
                using var query = session.Use($"SELECT {Columns} FROM broadcasts ORDER BY at DESC, id DESC LIMIT ?1");
                return ReadAll(query.Bind(1, limit));
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<BroadcastRecord>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<BroadcastRecord>>(
            session =>
            {
                using var query = session.Use($"SELECT {Columns} FROM broadcasts WHERE finished_at IS NULL ORDER BY at, id");
                return ReadAll(query);
            },
            cancellationToken);

    public async ValueTask FinishAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) =>
        await writer.WriteAsync(
            session => session.Use("UPDATE broadcasts SET finished_at = ?2 WHERE id = ?1 AND finished_at IS NULL")
                .Bind(1, id).Bind(2, at).Run(),
            cancellationToken);

    public ValueTask<IReadOnlyList<UserId>> ListAddresseesAsync(
        BroadcastRecord broadcast, UserId? after, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<UserId>>(
            session =>
            {
                var users = new List<UserId>();
                using var query = session.Use(
                    $"SELECT id FROM users WHERE id > ?1 AND created_at <= ?2 {Condition(broadcast.Audience.Kind)} ORDER BY id LIMIT ?3");
                query.Bind(1, after?.Value ?? "").Bind(2, broadcast.At).Bind(3, limit);
                if (broadcast.Audience.Kind != AudienceKind.All)
                    query.Bind(4, broadcast.Audience.Value);
                while (query.Step())
                    users.Add(UserId.From(query.Text(0)));
                return users;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<BroadcastRecord>> ListOfUserAsync(UserId user, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<BroadcastRecord>>(
            session =>
            {
                using var query = session.Use(
                    $"""
                    SELECT {Columns} FROM broadcast_recipients r JOIN broadcasts b ON b.id = r.broadcast_id
                    WHERE r.user_id = ?1 AND r.dismissed_at IS NULL ORDER BY r.seq DESC LIMIT ?2
                    """);
                return ReadAll(query.Bind(1, user.Value).Bind(2, limit));
            },
            cancellationToken);

    public ValueTask<bool> DismissAsync(UserId user, string id, DateTimeOffset at, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            session => session.Use(
                    "UPDATE broadcast_recipients SET dismissed_at = coalesce(dismissed_at, ?3) WHERE broadcast_id = ?1 AND user_id = ?2")
                .Bind(1, id).Bind(2, user.Value).Bind(3, at).Run() == 1,
            cancellationToken);

    public ValueTask<BroadcastCounts> CountAsync(string id, CancellationToken cancellationToken) =>
        readers.ReadAsync(
            session =>
            {
                using var query = session.Use(
                    """
                    SELECT count(*), coalesce(sum(f.delivered >= r.seq), 0), coalesce(sum(f.confirmed >= r.seq), 0)
                    FROM broadcast_recipients r JOIN feeds f ON f.user_id = r.user_id WHERE r.broadcast_id = ?1
                    """);
                query.Bind(1, id).Step();
                return new BroadcastCounts(query.Number(0), query.Number(1), query.Number(2));
            },
            cancellationToken);

    private static string Condition(AudienceKind kind) => kind switch
    {
        AudienceKind.All => "",
        AudienceKind.Tier => "AND tier = ?4",
        AudienceKind.Organisation => "AND organisation_id = ?4",
        AudienceKind.User => "AND id = ?4",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "An audience without a condition."),
    };

    private static BroadcastRecord? Find(SqliteSession session, string id)
    {
        using var query = session.Use($"SELECT {Columns} FROM broadcasts WHERE id = ?1");
        return query.Bind(1, id).Step() ? Read(query) : null;
    }

    private static List<BroadcastRecord> ReadAll(SqliteStatement query)
    {
        var broadcasts = new List<BroadcastRecord>();
        while (query.Step())
            broadcasts.Add(Read(query));
        return broadcasts;
    }

    private static BroadcastRecord Read(SqliteStatement row) => new(
        row.Text(0),
        row.Time(1),
        UserId.From(row.Text(2)),
        row.Text(3),
        row.Text(4),
        EnumWords<BroadcastSeverity>.Parse(row.Text(5)),
        new BroadcastAudience(EnumWords<AudienceKind>.Parse(row.Text(6)), row.TextOrNull(7)),
        row.TimeOrNull(8));
}
