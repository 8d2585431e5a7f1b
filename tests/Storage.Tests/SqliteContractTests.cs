using Apex.Storage.TestKit;
using Apex.Testing;

namespace Apex.Storage.Tests;

public sealed class SqliteFeedTests : FeedContract
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<IStoreUnderTest> OpenAsync() => SqliteStoreUnderTest.OpenAsync(_folder.Path);

    protected override void CleanUp() => _folder.Dispose();
}

public sealed class SqliteFeedWatchTests : FeedWatchContract
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<IStoreUnderTest> OpenAsync() => SqliteStoreUnderTest.OpenAsync(_folder.Path);

    protected override void CleanUp() => _folder.Dispose();
}

public sealed class SqliteRecordsTests : RecordsContract
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<IStoreUnderTest> OpenAsync() => SqliteStoreUnderTest.OpenAsync(_folder.Path);

    protected override void CleanUp() => _folder.Dispose();
}

public sealed class SqliteDocumentsTests : DocumentContract
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<IStoreUnderTest> OpenAsync() => SqliteStoreUnderTest.OpenAsync(_folder.Path);

    protected override void CleanUp() => _folder.Dispose();
}

public sealed class SqliteAccountsTests : AccountContract
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<IStoreUnderTest> OpenAsync() => SqliteStoreUnderTest.OpenAsync(_folder.Path);

    protected override void CleanUp() => _folder.Dispose();
}

public sealed class SqliteBroadcastTests : BroadcastContract
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<IStoreUnderTest> OpenAsync() => SqliteStoreUnderTest.OpenAsync(_folder.Path);

    protected override void CleanUp() => _folder.Dispose();
}
