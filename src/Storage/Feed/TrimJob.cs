using Apex.Protocol.Ids;
using Apex.Storage.Sqlite;

namespace Apex.Storage.Feed;

/// <summary>Removes one piece of a feed's oldest events, small enough that appends do not wait long.</summary>
internal sealed class TrimJob(UserId user, DateTimeOffset before, HotFeeds hot) : WriteJob
{
    private const int MaxEvents = 1_000;

    private readonly TaskCompletionSource<long> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HotFeed? _feed;
    private FeedExtent? _extent;
    private long _removed;

    /// <summary>How many events went; 0 when nothing more is to be removed.</summary>
    public Task<long> Done => _done.Task;

    public override int SizeBytes => MaxEvents * 64;

    public override bool Apply(SqliteSession session)
    {
        _feed = hot.GetOrAdd(user);
        var extent = FeedTables.ReadExtent(session, user);
        _feed.Learn(extent, _feed.TimesForgotten);
        _extent = FeedTables.Trim(session, user, extent, before, MaxEvents);
        _removed = _extent.Earliest - extent.Earliest;
        _feed.Uncommitted = _extent;
        return true;
    }

    public override void Undone()
    {
        if (_feed is not null)
            _feed.Uncommitted = null;
    }

    public override void Committed()
    {
        _feed!.Trim(_extent!.Earliest); // Apply set both.
        _done.TrySetResult(_removed);
    }

    public override void Failed(Exception failure) => _done.TrySetException(failure);
}
