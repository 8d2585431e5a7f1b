using System.Collections.Concurrent;
using Apex.Protocol.Ids;

namespace Apex.Storage.Feed;

/// <summary>The feeds held in memory: those of users who are watched, read or written to now.</summary>
internal sealed class HotFeeds(HotLimits limits, TimeSpan idleTime, TimeProvider time)
{
    private readonly HotLimits _limits = limits;
    private readonly ConcurrentDictionary<UserId, HotFeed> _feeds = new();
    private long _transientPosition;

    public int Count => _feeds.Count;

    public HotFeed GetOrAdd(UserId user) => 
        _feeds.GetOrAdd(user, static (key, self) => new HotFeed(key, self._limits, self.Now()), this);

    public HotFeed? Find(UserId user) => _feeds.GetValueOrDefault(user);

    /// <summary>One count for all feeds, so that a position keeps its meaning when a feed is dropped and made again.</summary>
    public long NextTransientPosition() => Interlocked.Increment(ref _transientPosition);

    public long Now() => time.GetTimestamp();

    public IDisposable Watch(UserId user, IFeedWatcher watcher)
    {
        while (true)
        {
            var feed = GetOrAdd(user);
            if (feed.TryWatch(watcher))
                return new Watching(this, feed, watcher);
        }
    }

    /// <summary>
    /// Drops what nobody uses. On the writer's thread, between two commits, so that no feed is dropped under the writer's hands.
    /// </summary>
    public void DropIdle()
    {
        var unusedSince = Now() - (long)(idleTime.TotalSeconds * time.TimestampFrequency);
        foreach (var (user, feed) in _feeds)
        {
            if (feed.TryRetire(unusedSince))
                _feeds.TryRemove(user, out _);
        }
    }

    /// <summary>Reads of every feed go to the file once; who watches looks again. On the writer's thread.</summary>
    public void Forget()
    {
        // Always in the same order, so that a simulation can repeat what follows from it.
        foreach (var feed in _feeds.Values.OrderBy(static feed => feed.User.Value, StringComparer.Ordinal))
        {
            feed.Forget();
            feed.Wake();
        }
    }

    private sealed class Watching(HotFeeds feeds, HotFeed feed, IFeedWatcher watcher) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                feed.Unwatch(watcher, feeds.Now());
        }
    }
}
