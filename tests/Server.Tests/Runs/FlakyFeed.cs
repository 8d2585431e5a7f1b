using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Tests.Runs;

/// <summary>The real feed, whose store goes away and comes back when the test says so.</summary>
internal sealed class FlakyFeed(Func<IFeed> real) : IFeed
{
    private int refused;
    private volatile Func<FeedAppend, bool>? away;

    public bool IsAway { get; set; }

    /// <summary>Appends that were refused.</summary>
    public int Refused => Volatile.Read(ref refused);

    public string Epoch => real().Epoch;

    /// <summary>Refuses only appends with such an event; null refuses none.</summary>
    public void AwayFor(Func<string, bool>? type) =>
        away = type is null ? null : append => append.Events.Any(said => type(EventTypes.Of(said)));

    /// <summary>Refuses only appends that wake a run.</summary>
    public void AwayForWakes() => away = append => append.Changes.OfType<RecordChange.WakeRun>().Any();

    public ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken)
    {
        if (!IsAway && !(away is { } refuses && refuses(append)))
            return real().AppendAsync(append, cancellationToken);
        Interlocked.Increment(ref refused);
        throw new StorageUnavailableException("The disk is full.", retryAfter: TimeSpan.FromSeconds(3));
    }

    public ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken) => real().ReadAsync(read, cancellationToken);

    public ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
        UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken) =>
        real().ReadRunAsync(user, run, afterRunSeq, limit, cancellationToken);

    public ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken) => real().GetHeadAsync(user, cancellationToken);

    public IDisposable Watch(UserId user, IFeedWatcher watcher) => real().Watch(user, watcher);

    public void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null) => real().PublishTransient(user, frame, mergeKey);
}
