using Apex.Protocol.Ids;

namespace Apex.Storage.Feed;

/// <summary>How far each user's devices have come in the feed, kept over restarts.</summary>
public interface IFeedReceipts
{
    /// <summary>Raises what is kept, all in one transaction; a lower number than the kept one changes nothing.</summary>
    ValueTask SaveAsync(IReadOnlyList<FeedReceipt> receipts, CancellationToken cancellationToken);

    /// <summary>Zeros for a user nothing was ever delivered to.</summary>
    ValueTask<FeedReceipt> FindAsync(UserId user, CancellationToken cancellationToken);
}

/// <param name="Delivered">Highest seq handed to a socket of the user; 0 for none.</param>
/// <param name="Confirmed">Highest seq a client of the user said it has processed; 0 for none.</param>
public readonly record struct FeedReceipt(UserId User, long Delivered, long Confirmed);
