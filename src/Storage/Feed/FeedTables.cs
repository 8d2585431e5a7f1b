using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Feed;

/// <summary>The statements over feeds, events and run_spans.</summary>
internal static class FeedTables
{
    /// <summary>Bits of a position that hold the seq: 10^12 events per feed and 8 million feeds fit.</summary>
    private const int SeqBits = 40;

    private const string Columns = "position, type, thread_id, run_id, run_seq, body";

    /// <summary>The feed as it stands in the file; number 0 when the user has none.</summary>
    public static FeedExtent ReadExtent(SqliteSession session, UserId user)
    {
        using var query = session.Use(
            """
            SELECT f.id, f.trimmed_to,
                   (SELECT position FROM events WHERE position > f.id << 40 AND position < (f.id + 1) << 40
                    ORDER BY position DESC LIMIT 1)
            FROM feeds f WHERE f.user_id = ?1
            """);
        if (!query.Bind(1, user.Value).Step())
            return new FeedExtent(0, Earliest: 1, Head: 0);
        var trimmedTo = query.Number(1);
        return new FeedExtent(query.Number(0), trimmedTo + 1, query.NumberOrNull(2) is { } newest ? Seq(newest) : trimmedTo);
    }

    public static long CreateFeed(SqliteSession session, UserId user)
    {
        using var insert = session.Use("INSERT INTO feeds (user_id) VALUES (?1) RETURNING id");
        insert.Bind(1, user.Value).Step();
        return insert.Number(0);
    }

    public static void Insert(SqliteSession session, long feedId, FeedEntry entry, DateTimeOffset at) =>
        session.Use(
                "INSERT INTO events (position, at, type, thread_id, run_id, run_seq, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .Bind(1, Position(feedId, entry.Seq))
            .Bind(2, at)
            .Bind(3, entry.Type)
            .Bind(4, entry.ThreadId?.Value)
            .Bind(5, entry.RunId?.Value)
            .Bind(6, entry.RunSeq)
            .Bind(7, entry.Utf8.Span)
            .Run();

    /// <summary>Events after a cursor up to a head, within the bounds of the read; at least one if there is one.</summary>
    public static List<FeedEntry> Read(SqliteSession session, long feedId, FeedRead read, long head)
    {
        var page = new List<FeedEntry>();
        using var query = session.Use(
            $"SELECT {Columns} FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3");
        query.Bind(1, Position(feedId, read.After)).Bind(2, Position(feedId, head)).Bind(3, Math.Max(1, read.MaxEvents));
        for (var bytes = 0; (bytes < read.MaxBytes || page.Count == 0) && query.Step();)
        {
            page.Add(Entry(query));
            bytes += page[^1].Utf8.Length;
        }

        return page;
    }

    public static List<FeedEntry> ReadRun(SqliteSession session, UserId user, RunId run, long afterRunSeq, int limit)
    {
        var page = new List<FeedEntry>();
        if (FindSpan(session, user, run) is not { } span)
            return page;

        // A run's events lie close together in the feed: from its first to its last there is little else.
        using var query = session.Use(
            $"""
            SELECT {Columns} FROM events
            WHERE position >= ?1 AND position <= ?2 AND run_id = ?3 AND run_seq > ?4 ORDER BY position LIMIT ?5
            """);
        query.Bind(1, Position(span.FeedId, span.FirstSeq))
            .Bind(2, span.LastSeq is { } last ? Position(span.FeedId, last) : Position(span.FeedId + 1, 0) - 1)
            .Bind(3, run.Value)
            .Bind(4, afterRunSeq)
            .Bind(5, limit);
        while (query.Step())
            page.Add(Entry(query));
        return page;
    }

    public static RunSpan? FindSpan(SqliteSession session, UserId user, RunId run)
    {
        using var query = session.Use(
            """
            SELECT f.id, s.first_seq, s.last_seq FROM run_spans s JOIN feeds f ON f.user_id = s.user_id
            WHERE s.user_id = ?1 AND s.run_id = ?2
            """);
        return query.Bind(1, user.Value).Bind(2, run.Value).Step()
            ? new RunSpan(query.Number(0), query.Number(1), query.NumberOrNull(2))
            : null;
    }

    public static void BeginSpan(SqliteSession session, UserId user, RunId run, long firstSeq) =>
        session.Use("INSERT INTO run_spans (user_id, run_id, first_seq) VALUES (?1, ?2, ?3)")
            .Bind(1, user.Value).Bind(2, run.Value).Bind(3, firstSeq).Run();

    public static void EndSpan(SqliteSession session, UserId user, RunId run, long lastSeq) =>
        session.Use("UPDATE run_spans SET last_seq = ?3 WHERE user_id = ?1 AND run_id = ?2")
            .Bind(1, user.Value).Bind(2, run.Value).Bind(3, lastSeq).Run();

    /// <summary>Removes a piece of the feed's oldest events.</summary>
    /// <returns>The feed after it; unchanged when nothing is old enough.</returns>
    public static FeedExtent Trim(SqliteSession session, UserId user, FeedExtent extent, DateTimeOffset before, int limit)
    {
        if (FindTrimEnd(session, user, extent, before, limit) is not { } end)
            return extent;

        session.Use("DELETE FROM events WHERE position >= ?1 AND position <= ?2")
            .Bind(1, Position(extent.FeedId, extent.Earliest)).Bind(2, Position(extent.FeedId, end)).Run();
        session.Use(
                """
                DELETE FROM run_checkpoints WHERE user_id = ?1
                AND run_id IN (SELECT run_id FROM run_spans WHERE user_id = ?1 AND last_seq <= ?2)
                """)
            .Bind(1, user.Value).Bind(2, end).Run();
        session.Use(
                """
                DELETE FROM approvals WHERE user_id = ?1
                AND run_id IN (SELECT run_id FROM run_spans WHERE user_id = ?1 AND last_seq <= ?2)
                """)
            .Bind(1, user.Value).Bind(2, end).Run();
        session.Use("DELETE FROM run_spans WHERE user_id = ?1 AND last_seq <= ?2").Bind(1, user.Value).Bind(2, end).Run();
        session.Use("UPDATE feeds SET trimmed_to = ?2 WHERE id = ?1").Bind(1, extent.FeedId).Bind(2, end).Run();
        return extent with { Earliest = end + 1 };
    }

    public static List<UserId> ListUsersWithEventsBefore(SqliteSession session, DateTimeOffset before)
    {
        var users = new List<UserId>();
        using var query = session.Use(
            """
            SELECT f.user_id FROM feeds f JOIN events e ON e.position =
                (SELECT position FROM events WHERE position > (f.id << 40) + f.trimmed_to AND position < (f.id + 1) << 40
                 ORDER BY position LIMIT 1)
            WHERE e.at < ?1
            """);
        query.Bind(1, before);
        while (query.Step())
            users.Add(UserId.From(query.Text(0)));
        return users;
    }

    private static long? FindTrimEnd(SqliteSession session, UserId user, FeedExtent extent, DateTimeOffset before, int limit)
    {
        using var query = session.Use(
            """
            SELECT max(position) FROM (
                SELECT position, at FROM events WHERE position >= ?1 AND position <= ?2 ORDER BY position LIMIT ?3)
            WHERE at < ?4
            """);
        query.Bind(1, Position(extent.FeedId, extent.Earliest)).Bind(2, Position(extent.FeedId, extent.Head)).Bind(3, limit).Bind(4, before);
        if (!query.Step() || query.NumberOrNull(0) is not { } newest)
            return null;

        using var unfinished = session.Use("SELECT min(first_seq) FROM run_spans WHERE user_id = ?1 AND last_seq IS NULL");
        unfinished.Bind(1, user.Value).Step();
        var end = Math.Min(Seq(newest), unfinished.NumberOrNull(0) - 1 ?? long.MaxValue);
        return end >= extent.Earliest ? end : null;
    }

    private static FeedEntry Entry(SqliteStatement row) => new(
        Seq(row.Number(0)),
        string.Intern(row.Text(1)),
        row.TextOrNull(2) is { } thread ? ThreadId.From(thread) : null,
        row.TextOrNull(3) is { } run ? RunId.From(run) : null,
        row.NumberOrNull(4),
        row.Bytes(5).ToArray());

    private static long Position(long feedId, long seq) => (feedId << SeqBits) + seq;

    private static long Seq(long position) => position & ((1L << SeqBits) - 1);
}

/// <param name="LastSeq">Null until the terminal event.</param>
internal readonly record struct RunSpan(long FeedId, long FirstSeq, long? LastSeq);
