using Apex.Protocol.Ids;

namespace Apex.Storage.Feed;

/// <summary>
/// What is held in memory of one user's feed: its newest events, its unread transient frames and who watches it. Readers near the
/// head never touch the disk.
/// </summary>
internal sealed class HotFeed(UserId user, HotLimits limits, long now)
{
    private readonly Lock _gate = new();
    private readonly EventWindow _events = new();
    private readonly LinkedList<TransientFrame> _transient = new();
    private IFeedWatcher[] _watchers = [];
    private FeedExtent? _extent;
    private long _bytes;
    private long _transientHead;
    private long _timesForgotten;
    private long _lastUsed = now;
    private bool _retired;

    public UserId User { get; } = user;

    /// <summary>Where the next event goes, counting what is not yet committed; null when it must be read. The writer's alone.</summary>
    public FeedExtent? Uncommitted { get; set; }

    /// <summary>Of what is stored; null before it was read from the file.</summary>
    public FeedExtent? Extent
    {
        get
        {
            lock (_gate)
                return _extent;
        }
    }

    /// <summary>Whoever reads the extent from the file notes it before and says it to <see cref="Learn"/>.</summary>
    public long TimesForgotten
    {
        get
        {
            lock (_gate)
                return _timesForgotten;
        }
    }

    /// <summary>Takes what was read from the file, unless it is known already: then it may be newer.</summary>
    /// <returns>What is known now; null when this feed was dropped meanwhile and the caller must get the present one.</returns>
    public FeedExtent? Learn(FeedExtent read, long timesForgotten)
    {
        lock (_gate)
            return _retired || timesForgotten != _timesForgotten ? null : _extent ??= read;
    }

    /// <summary>The file was written by others: nothing that is held of it counts any more. On the writer's thread.</summary>
    public void Forget()
    {
        Uncommitted = null;
        lock (_gate)
        {
            _timesForgotten++;
            _extent = null;
            _events.Clear();
            _bytes = 0;
        }
    }

    /// <summary>Makes stored events visible. They follow the head without a gap.</summary>
    public void Publish(FeedExtent extent, IReadOnlyList<FeedEntry> entries, long now)
    {
        lock (_gate)
        {
            _lastUsed = now;
            _extent = extent;
            foreach (var entry in entries)
            {
                _events.Add(entry);
                _bytes += entry.Utf8.Length;
            }

            while (_events.Count > limits.Events || (_bytes > limits.Bytes && _events.Count > 1))
                _bytes -= _events.RemoveOldest().Utf8.Length;
        }
    }

    /// <summary>Forgets what is no longer kept in the file.</summary>
    public void Trim(long earliest)
    {
        lock (_gate)
        {
            if (_extent is { } extent)
                _extent = extent with { Earliest = earliest };
            while (_events.Count > 0 && _events.OldestSeq < earliest)
                _bytes -= _events.RemoveOldest().Utf8.Length;
        }
    }

    /// <returns>Null when nothing is known yet.</returns>
    public HotPage? Read(FeedRead read, long now)
    {
        lock (_gate)
        {
            _lastUsed = now;
            if (_extent is not { } extent || _retired)
                return null;
            return new HotPage(
                extent, ReadEvents_NeedsLock(read, extent), ReadTransient_NeedsLock(read.TransientAfter), _transientHead);
        }
    }

    /// <param name="positions">Asked under the lock: the frames lie in the order of their positions.</param>
    public void PublishTransient(ReadOnlyMemory<byte> utf8, string? mergeKey, HotFeeds positions)
    {
        lock (_gate)
        {
            var position = positions.NextTransientPosition();
            if (mergeKey is not null)
                RemoveTransient_NeedsLock(mergeKey);
            _transient.AddLast(new TransientFrame(position, mergeKey, utf8));
            _transientHead = position;
            if (_transient.Count > limits.TransientFrames)
                _transient.RemoveFirst();
        }
    }

    /// <returns>False when this feed was dropped meanwhile and the caller must get the present one.</returns>
    public bool TryWatch(IFeedWatcher watcher)
    {
        lock (_gate)
        {
            if (_retired)
                return false;
            _watchers = [.. _watchers, watcher];
            return true;
        }
    }

    public void Unwatch(IFeedWatcher watcher, long now)
    {
        lock (_gate)
        {
            var index = Array.IndexOf(_watchers, watcher);
            if (index < 0)
                return;
            _watchers = [.. _watchers[..index], .. _watchers[(index + 1)..]];
            _lastUsed = now;
        }
    }

    public void Wake()
    {
        IFeedWatcher[] watchers;
        lock (_gate)
            watchers = _watchers;
        foreach (var watcher in watchers)
            watcher.Wake();
    }

    /// <summary>Ends this object's service when nobody watches it and nobody read it since.</summary>
    public bool TryRetire(long unusedSince)
    {
        lock (_gate)
            return _retired = _watchers.Length == 0 && _lastUsed < unusedSince;
    }

    private FeedEntry[]? ReadEvents_NeedsLock(FeedRead read, FeedExtent extent)
    {
        // A cursor before what is kept reads from there, and where nothing is kept there is nothing to read.
        if (Math.Max(read.After, extent.Earliest - 1) >= extent.Head)
            return [];
        return _events.Count > 0 && read.After >= _events.OldestSeq - 1
            ? _events.Read(read.After, read.MaxEvents, read.MaxBytes)
            : null;
    }

    /// <summary>From the newest back: a reader at the head must not walk past all that it has seen.</summary>
    private ReadOnlyMemory<byte>[] ReadTransient_NeedsLock(long? after)
    {
        var count = 0;
        for (var node = _transient.Last; node?.ValueRef.Position > after; node = node.Previous)
            count++;
        if (count == 0)
            return [];

        var frames = new ReadOnlyMemory<byte>[count];
        for (var node = _transient.Last; count > 0; node = node.Previous)
            frames[--count] = node!.ValueRef.Utf8; // As many as were counted.
        return frames;
    }

    private void RemoveTransient_NeedsLock(string mergeKey)
    {
        for (var node = _transient.Last; node is not null; node = node.Previous)
        {
            if (node.ValueRef.MergeKey != mergeKey)
                continue;
            _transient.Remove(node);
            return;
        }
    }

    private readonly record struct TransientFrame(long Position, string? MergeKey, ReadOnlyMemory<byte> Utf8);
}

/// <param name="FeedId">The feed's number in the file; 0 when the user has none yet.</param>
/// <param name="Earliest">Lowest seq kept.</param>
/// <param name="Head">Highest seq stored.</param>
internal sealed record FeedExtent(long FeedId, long Earliest, long Head);

/// <param name="Entries">Null when the cursor is older than what is in memory.</param>
internal readonly record struct HotPage(
    FeedExtent Extent, FeedEntry[]? Entries, ReadOnlyMemory<byte>[] Transient, long TransientHead)
{
    public FeedPage With(IReadOnlyList<FeedEntry> entries) => new(entries, Extent.Earliest, Extent.Head, Transient, TransientHead);
}

internal sealed record HotLimits(int Events, int Bytes, int TransientFrames);
