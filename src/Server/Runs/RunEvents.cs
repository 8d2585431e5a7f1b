using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;

namespace Apex.Server.Runs;

/// <summary>Reads one run's stored events after a cursor, now or as soon as there are some: long polls and SSE are the same read.</summary>
internal sealed class RunEvents(IFeed feed, TimeProvider clock)
{
    public const int MaxPage = 1_000;

    /// <returns>An empty list when nothing came within <paramref name="patience"/>.</returns>
    public async ValueTask<IReadOnlyList<FeedEntry>> ReadAsync(
        UserId user, RunId run, long after, TimeSpan patience, CancellationToken cancellationToken)
    {
        var entries = await feed.ReadRunAsync(user, run, after, MaxPage, cancellationToken);
        if (entries.Count > 0 || patience <= TimeSpan.Zero)
            return entries;

        var since = clock.GetTimestamp();
        var signal = new FeedSignal(clock);
        using var watch = feed.Watch(user, signal);
        while (true)
        {
            // Read again after the watch began: an append in between woke nobody.
            entries = await feed.ReadRunAsync(user, run, after, MaxPage, cancellationToken);
            var left = patience - clock.GetElapsedTime(since);
            if (entries.Count > 0 || left <= TimeSpan.Zero || !await signal.WaitAsync(left, cancellationToken))
                return entries;
        }
    }

    public static bool IsTerminal(FeedEntry entry) =>
        entry.Type is EventTypes.AgentCompleted or EventTypes.RunCancelled or EventTypes.RunFailed;
}
