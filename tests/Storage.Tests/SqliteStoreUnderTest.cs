using Apex.Storage.Accounts;
using Apex.Storage.Broadcasts;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Storage.Sqlite;
using Apex.Storage.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Apex.Storage.Tests;

internal sealed class SqliteStoreUnderTest(SqliteStore store) : IStoreUnderTest
{
    public IFeed Feed => store.Feed;
    public IFeedRetention Retention => store.Retention;
    public IRecords Records => store.Records;
    public IAccountStore Accounts => store.Accounts;
    public IDocumentStore Documents => store.Documents;
    public IFeedReceipts Receipts => store.Receipts;
    public IBroadcastStore Broadcasts => store.Broadcasts;

    public static async Task<IStoreUnderTest> OpenAsync(string folder) => new SqliteStoreUnderTest(await OpenStoreAsync(folder));

    public static Task<SqliteStore> OpenStoreAsync(
        string folder, Action<SqliteStorageOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new SqliteStorageOptions { Folder = folder, Durability = Durability.ProcessDeath };
        configure?.Invoke(options);
        return SqliteStore.OpenAsync(options, time ?? TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
