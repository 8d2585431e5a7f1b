using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;

namespace Apex.Server.Tests.Connections;

/// <summary>The real feed, but for a while it cannot read.</summary>
internal sealed class FaultyFeed(IFeed feed) : IFeed
{
    public volatile bool CannotRead;

    public string Epoch => feed.Epoch;

    public ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken) =>
        feed.AppendAsync(append, cancellationToken);

    public ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken) => CannotRead
        ? throw new StorageUnavailableException("The disk does not answer.", retryAfter: TimeSpan.FromMilliseconds(50))
        : feed.ReadAsync(read, cancellationToken);

    public ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
        UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken) =>
        feed.ReadRunAsync(user, run, afterRunSeq, limit, cancellationToken);

    public ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken) => CannotRead
        ? throw new StorageUnavailableException("The disk does not answer.", retryAfter: TimeSpan.FromSeconds(7))
        : feed.GetHeadAsync(user, cancellationToken);

    public IDisposable Watch(UserId user, IFeedWatcher watcher) => feed.Watch(user, watcher);

    public void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null) =>
        feed.PublishTransient(user, frame, mergeKey);
}
