using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;

namespace Apex.Server.CrashHost;

internal sealed class PausingFeed(IFeed real, CrashPoints points) : IFeed
{
    public string Epoch => real.Epoch;

    public async ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken)
    {
        await points.BeforeAppendAsync(append);
        return await real.AppendAsync(append, cancellationToken);
    }

    public ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken) => real.ReadAsync(read, cancellationToken);

    public ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
        UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken) =>
        real.ReadRunAsync(user, run, afterRunSeq, limit, cancellationToken);

    public ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken) => real.GetHeadAsync(user, cancellationToken);

    public IDisposable Watch(UserId user, IFeedWatcher watcher) => real.Watch(user, watcher);

    public void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null) => real.PublishTransient(user, frame, mergeKey);
}
