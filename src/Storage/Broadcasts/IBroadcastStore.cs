using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Storage.Broadcasts;

/// <summary>What administrators have said to many, and whom it has reached. The events themselves stand in the feeds.</summary>
public interface IBroadcastStore
{
    /// <returns>The broadcast as stored: this one, or the earlier one of the same id.</returns>
    ValueTask<BroadcastRecord> CreateAsync(BroadcastRecord broadcast, CancellationToken cancellationToken);

    ValueTask<BroadcastRecord?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="limit">1 to 1,000.</param>
    ValueTask<IReadOnlyList<BroadcastRecord>> ListAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Those that some addressee may not have yet, oldest first.</summary>
    ValueTask<IReadOnlyList<BroadcastRecord>> ListUnfinishedAsync(CancellationToken cancellationToken);

    ValueTask FinishAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Accounts of the audience that existed when the broadcast was made, by id.</summary>
    /// <param name="after">Last of the page before; null for the first page.</param>
    ValueTask<IReadOnlyList<UserId>> ListAddresseesAsync(
        BroadcastRecord broadcast, UserId? after, int limit, CancellationToken cancellationToken);

    /// <summary>Those the user has and has not put away, newest first.</summary>
    ValueTask<IReadOnlyList<BroadcastRecord>> ListOfUserAsync(UserId user, int limit, CancellationToken cancellationToken);

    /// <returns>False when the user has no such broadcast; putting it away twice is as good as once.</returns>
    ValueTask<bool> DismissAsync(UserId user, string id, DateTimeOffset at, CancellationToken cancellationToken);

    ValueTask<BroadcastCounts> CountAsync(string id, CancellationToken cancellationToken);
}

/// <param name="FinishedAt">When the last addressee had it in its feed; null before.</param>
public sealed record BroadcastRecord(
    string Id,
    DateTimeOffset At,
    UserId Author,
    string Title,
    string Body,
    BroadcastSeverity Severity,
    BroadcastAudience Audience,
    DateTimeOffset? FinishedAt = null);

/// <param name="Recipients">Users who have it in their feed.</param>
/// <param name="Delivered">Of these, how many had it handed to one of their sockets.</param>
/// <param name="Confirmed">Of these, how many have a client that said it has processed it.</param>
public readonly record struct BroadcastCounts(long Recipients, long Delivered, long Confirmed);
