using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Feed;

/// <summary>
/// How far each running run has come, held in memory and read back from its stored events when it is not. The writer's alone. All of
/// it can be forgotten at any time, which is also how an undone append is undone here.
/// </summary>
internal sealed class RunOrders(int limit)
{
    private readonly Dictionary<(UserId, RunId), RunProgress> _runs = [];
    private readonly Queue<(UserId, RunId)> _clock = new();

    public RunProgress Get(SqliteSession session, UserId user, RunId run)
    {
        var key = (user, run);
        if (_runs.TryGetValue(key, out var known))
        {
            known.UsedSinceSweep = true;
            return known;
        }

        if (_clock.Count >= limit)
            DropOne();
        _clock.Enqueue(key);
        return _runs[key] = Load(session, user, run);
    }

    public RunProgress? Find(UserId user, RunId run) => _runs.GetValueOrDefault((user, run));

    public void Forget(UserId user, RunId run) => _runs.Remove((user, run));

    public void ForgetAll()
    {
        _runs.Clear();
        _clock.Clear();
    }

    /// <summary>Second chance: who was used since the hand passed is passed over once. A run long forgotten only leaves its place.</summary>
    private void DropOne()
    {
        while (_clock.TryDequeue(out var key))
        {
            if (_runs.TryGetValue(key, out var run) && run.UsedSinceSweep)
            {
                run.UsedSinceSweep = false;
                _clock.Enqueue(key);
                continue;
            }

            _runs.Remove(key);
            return;
        }
    }

    private static RunProgress Load(SqliteSession session, UserId user, RunId run)
    {
        var (epoch, ended) = ReadRecord(session, user, run);
        var progress = new RunProgress { Epoch = epoch, HasSpan = FeedTables.FindSpan(session, user, run) is not null };
        progress.EndedAndTrimmed = ended && !progress.HasSpan;
        foreach (var entry in FeedTables.ReadRun(session, user, run, afterRunSeq: 0, int.MaxValue))
        {
            if (progress.Order.Accept(EventEncoder.Decode(entry.Utf8.Span)) is { } fault)
                throw new IllegalEventOrderException($"The stored run {run} breaks the order of events: {fault.Message}");
        }

        return progress;
    }

    private static (long? Epoch, bool Ended) ReadRecord(SqliteSession session, UserId user, RunId run)
    {
        using var query = session.Use("SELECT epoch, ended FROM runs WHERE user_id = ?1 AND id = ?2");
        return query.Bind(1, user.Value).Bind(2, run.Value).Step() ? (query.Number(0), query.Flag(1)) : (null, false);
    }
}

internal sealed class RunProgress
{
    public RunOrder Order { get; } = new();

    /// <summary>Of the lease; null when no record of the run is stored.</summary>
    public long? Epoch { get; set; }

    /// <summary>Whether the place of its first event is noted.</summary>
    public bool HasSpan { get; set; }

    public bool EndedAndTrimmed { get; set; }

    public bool UsedSinceSweep { get; set; }
}
