using Apex.Protocol.Ids;
using Apex.Storage.Accounts;
using Apex.Storage.Broadcasts;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Storage.TestKit;

/// <summary>What a store must open for the contracts of this kit. The same data is there when it is opened again.</summary>
public interface IStoreUnderTest : IAsyncDisposable
{
    IFeed Feed { get; }
    IFeedRetention Retention { get; }
    IRecords Records { get; }
    IAccountStore Accounts { get; }
    IDocumentStore Documents { get; }
    IFeedReceipts Receipts { get; }
    IBroadcastStore Broadcasts { get; }
}

/// <summary>Opens the store for each test and closes it after it.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    private IStoreUnderTest? _store;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected IStoreUnderTest Store => _store ?? throw new InvalidOperationException("The store is not open.");

    protected IFeed Feed => Store.Feed;

    protected UserId User { get; } = UserId.New();

    protected abstract Task<IStoreUnderTest> OpenAsync();

    public async ValueTask InitializeAsync() => _store = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        CleanUp();
        GC.SuppressFinalize(this);
    }

    /// <summary>After the store was closed for the last time.</summary>
    protected virtual void CleanUp()
    {
    }

    /// <summary>As after a restart: nothing that was only in memory is left.</summary>
    protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        _store = await OpenAsync();
    }

    protected async Task<IReadOnlyList<FeedEntry>> ReadAllAsync(UserId user, long after = 0)
    {
        var entries = new List<FeedEntry>();
        while (true)
        {
            var page = await Feed.ReadAsync(new FeedRead(user, after), Token);
            if (page.Entries.Count == 0)
                return entries;
            entries.AddRange(page.Entries);
            after = page.Entries[^1].Seq;
        }
    }
}
