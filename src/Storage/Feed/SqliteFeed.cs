using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Feed;

/// <summary>The feed over one SQLite file: appends go through the one writer, reads come from memory or from the file.</summary>
internal sealed class SqliteFeed : IFeed, IFeedRetention, IHotTier
{
    /// <summary>Runs whose progress is held in memory; more are read back from their events when they go on.</summary>
    private const int MaxRunsInMemory = 4_096;

    private readonly SqliteDatabase _database;
    private readonly SqliteWriter _writer;
    private readonly HotFeeds _hot;
    private readonly FeedWork _work;

    public SqliteFeed(SqliteDatabase database, SqliteWriter writer, SqliteStorageOptions options, TimeProvider time)
    {
        _database = database;
        _writer = writer;
        var limits = new HotLimits(options.HotEventsPerUser, options.HotBytesPerUser, options.TransientFramesPerUser);
        _hot = new HotFeeds(limits, options.HotIdleTime, time);
        _work = new FeedWork(_hot, new RunOrders(MaxRunsInMemory), new EventEncoder(), time);
    }

    public string Epoch => _database.Epoch;

    /// <summary>Users with something in memory.</summary>
    public int HotCount => _hot.Count;

    public async ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(append);
        if (append.Events.Count == 0 && append.Changes.Count == 0)
            throw new ArgumentException("An append needs an event or a change.", nameof(append));

        var job = new AppendJob(append, _work);
        await _writer.EnqueueAsync(job, cancellationToken);
        return await job.Done;
    }

    public ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentOutOfRangeException.ThrowIfNegative(read.After);
        return ReadHot(read) is { Entries: { } entries } page
            ? ValueTask.FromResult(page.With(entries))
            : ReadFileAsync(read, cancellationToken);
    }

    public ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
        UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync<IReadOnlyList<FeedEntry>>(
            session => FeedTables.ReadRun(session, user, run, afterRunSeq, limit), cancellationToken);

    public async ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken) =>
        (await LearnExtentAsync(user, cancellationToken)).Head;

    public IDisposable Watch(UserId user, IFeedWatcher watcher)
    {
        ArgumentNullException.ThrowIfNull(watcher);
        return _hot.Watch(user, watcher);
    }

    public void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        // Nobody who reads now has no feed in memory.
        if (_hot.Find(user) is not { } feed)
            return;
        feed.PublishTransient(EventEncoder.Encode(frame), mergeKey, _hot);
        feed.Wake();
    }

    public async ValueTask<long> TrimAsync(UserId user, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            var job = new TrimJob(user, before, _hot);
            await _writer.EnqueueAsync(job, cancellationToken);
            var removed = await job.Done;
            if (removed == 0)
                return total;
            total += removed;
        }
    }

    public ValueTask<IReadOnlyList<UserId>> ListUsersWithEventsBeforeAsync(
        DateTimeOffset before, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync<IReadOnlyList<UserId>>(
            session => FeedTables.ListUsersWithEventsBefore(session, before), cancellationToken);

    public async ValueTask RenewAsync(CancellationToken cancellationToken)
    {
        var job = new RenewJob(_hot);
        await _writer.EnqueueAsync(job, cancellationToken);
        await job.Done;
    }

    /// <summary>On the writer's thread, between two commits.</summary>
    public void DropIdle() => _hot.DropIdle();

    /// <summary>On the writer's thread: another process wrote to the file, so what is remembered of it must be read anew.</summary>
    public void Forget()
    {
        _work.Runs.ForgetAll();
        _hot.Forget();
    }

    private HotPage? ReadHot(FeedRead read) => _hot.GetOrAdd(read.User).Read(read, _hot.Now());

    private async ValueTask<FeedPage> ReadFileAsync(FeedRead read, CancellationToken cancellationToken)
    {
        while (true)
        {
            await LearnExtentAsync(read.User, cancellationToken);
            if (ReadHot(read) is not { } page)
                continue;
            if (page.Entries is not null)
                return page.With(page.Entries);

            return await ReadFileAsync(read, page, cancellationToken);
        }
    }

    private async ValueTask<FeedPage> ReadFileAsync(FeedRead read, HotPage page, CancellationToken cancellationToken)
    {
        var head = page.Extent.Head;
        // Events may have been trimmed since: the file itself says, in the same snapshot, from where they are kept.
        var (entries, kept) = await _database.Readers.ReadAsync(
            session => session.InSnapshot(() =>
            {
                var extent = FeedTables.ReadExtent(session, read.User);
                return (FeedTables.Read(session, extent.FeedId, read, head), extent);
            }),
            cancellationToken);
        return page.With(entries) with { Earliest = kept.Earliest };
    }

    private async ValueTask<FeedExtent> LearnExtentAsync(UserId user, CancellationToken cancellationToken)
    {
        while (true)
        {
            var feed = _hot.GetOrAdd(user);
            if (feed.Extent is { } known)
                return known;
            var forgotten = feed.TimesForgotten;
            var read = await _database.Readers.ReadAsync(session => FeedTables.ReadExtent(session, user), cancellationToken);
            if (feed.Learn(read, forgotten) is { } extent)
                return extent;
        }
    }
}
