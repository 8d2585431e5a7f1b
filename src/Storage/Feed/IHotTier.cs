namespace Apex.Storage.Feed;

/// <summary>What is held in memory of the feeds. For the server's own supervision, never for a request.</summary>
public interface IHotTier
{
    /// <summary>Throws away what is held of stored events, to be read anew from the store, and wakes everybody who watches a feed.</summary>
    /// <exception cref="StorageUnavailableException">The store does not answer; nothing was thrown away.</exception>
    ValueTask RenewAsync(CancellationToken cancellationToken);
}
