using Apex.Storage.TestKit;

namespace Apex.Storage.Tests;

public sealed class SqliteFeedTests : FeedContract
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<IStoreUnderTest> OpenAsync() => SqliteStoreUnderTest.OpenAsync(_folder.Path);
}
