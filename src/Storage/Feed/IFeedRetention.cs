using Apex.Protocol.Ids;

namespace Apex.Storage.Feed;

/// <summary>Ends the keeping of old events. For the server's own background work, never for a request.</summary>
public interface IFeedRetention
{
    /// <summary>
    /// Removes the user's events from before a time, oldest first and never those of a run that has not ended. Cursors that stood
    /// before <see cref="FeedPage.Earliest"/> then have a gap; seqs are not used again.
    /// </summary>
    /// <returns>How many events were removed.</returns>
    ValueTask<long> TrimAsync(UserId user, DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Users with events from before a time.</summary>
    ValueTask<IReadOnlyList<UserId>> ListUsersWithEventsBeforeAsync(DateTimeOffset before, CancellationToken cancellationToken);
}
