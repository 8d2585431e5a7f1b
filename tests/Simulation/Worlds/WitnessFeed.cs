using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;

namespace Apex.Simulation.Worlds;

/// <summary>The store's own feed, with a witness to everything it acknowledges. A planted fault stands here too.</summary>
internal sealed class WitnessFeed(IFeed feed, Ledger ledger, Fault? planted, Random random) : IFeed
{
    public string Epoch => feed.Epoch;

    public async ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken)
    {
        if (planted == Fault.SkipDuplicateCheck)
            append = WithoutClaims(append);
        var outcome = await feed.AppendAsync(append, cancellationToken);
        if (outcome is AppendOutcome.Stored stored)
            ledger.NoteStored(append.User, stored.LastSeq, append.Events);
        return outcome;
    }

    public async ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken)
    {
        var asked = planted == Fault.ForeignFeed && random.Next(400) == 0 ? read with { User = ledger.Other(read.User) } : read;
        var page = await feed.ReadAsync(asked, cancellationToken);
        return planted switch
        {
            // The events between what a returning client has and what is live: the first of them is lost.
            Fault.LoseAtResume when read is { TransientAfter: null, After: > 0 } && page.Entries.Count > 1 =>
                page with { Entries = [.. page.Entries.Skip(1)] },
            Fault.SilentGap when page.Entries.Count > 0 => page with { Earliest = Math.Min(page.Earliest, read.After + 1) },
            _ => page,
        };
    }

    public ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
        UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken) =>
        feed.ReadRunAsync(user, run, afterRunSeq, limit, cancellationToken);

    public ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken) => feed.GetHeadAsync(user, cancellationToken);

    public IDisposable Watch(UserId user, IFeedWatcher watcher) =>
        feed.Watch(user, planted == Fault.LostWake ? new Sleepy(watcher, random) : watcher);

    public void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null) => feed.PublishTransient(user, frame, mergeKey);

    private static FeedAppend WithoutClaims(FeedAppend append) => append with
    {
        Changes = [.. append.Changes.Where(change => change is not Storage.Records.RecordChange.ClaimKey)],
    };

    private sealed class Sleepy(IFeedWatcher watcher, Random random) : IFeedWatcher
    {
        public void Wake()
        {
            if (random.Next(20) > 0)
                watcher.Wake();
        }
    }
}
