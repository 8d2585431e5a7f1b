using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Operations.Bridge;
using Apex.Storage.Feed;

namespace Apex.Server.Tests.Operations;

/// <summary>
/// The real feed, of which a test can take a part away: the wake-ups and unstored frames that live in memory; and it can hold probes up.
/// </summary>
internal sealed class BridgeFeed(Func<IFeed> real) : IFeed
{
    private volatile TaskCompletionSource? _held;

    /// <summary>Nobody is woken any more, and what is not stored gets nowhere: the hot tier is gone.</summary>
    public volatile bool IsDeaf;

    public string Epoch => real().Epoch;

    /// <summary>Probes wait from now on, until <see cref="LetGo"/>.</summary>
    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo()
    {
        var held = _held;
        _held = null;
        held?.SetResult();
    }

    public async ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken)
    {
        if (append.User == BridgeProbe.User && _held is { } held)
            await held.Task;

        return await real().AppendAsync(append, cancellationToken);
    }

    public ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken) => real().ReadAsync(read, cancellationToken);

    public ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
        UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken) =>
        real().ReadRunAsync(user, run, afterRunSeq, limit, cancellationToken);

    public ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken) => real().GetHeadAsync(user, cancellationToken);

    public IDisposable Watch(UserId user, IFeedWatcher watcher) => real().Watch(user, new Ear(this, watcher));

    public void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null)
    {
        if (!IsDeaf)
            real().PublishTransient(user, frame, mergeKey);
    }

    private sealed class Ear(BridgeFeed feed, IFeedWatcher watcher) : IFeedWatcher
    {
        public void Wake()
        {
            if (!feed.IsDeaf)
                watcher.Wake();
        }
    }
}
