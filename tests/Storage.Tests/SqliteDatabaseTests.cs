using System.Diagnostics;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;
using Apex.Testing;

namespace Apex.Storage.Tests;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("apex.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_server_on_the_same_folder_is_refused_and_told_the_process()
    {
        await using var first = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path);

        var refused = await Assert.ThrowsAsync<StorageOpenException>(() => SqliteStoreUnderTest.OpenStoreAsync(_folder.Path));

        Assert.Contains(_folder.Path, refused.Message);
        Assert.Contains($"process {Environment.ProcessId}", refused.Message);
    }

    [Fact]
    public async Task A_folder_is_free_again_when_its_server_has_closed()
    {
        await (await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path)).DisposeAsync();

        await using var second = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path);

        Assert.NotEmpty(second.Feed.Epoch);
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_and_left_alone()
    {
        await (await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path)).DisposeAsync();
        Execute("PRAGMA user_version = 999");

        var refused = await Assert.ThrowsAsync<StorageOpenException>(() => SqliteStoreUnderTest.OpenStoreAsync(_folder.Path));

        Assert.Contains("newer version of Apex (schema 999", refused.Message);
        Assert.Equal(999, Number("PRAGMA user_version"));
    }

    [Fact]
    public async Task An_older_file_is_upgraded_and_keeps_what_it_holds()
    {
        var run = new SomeRun(Protocol.Ids.UserId.From("user_old"));
        Directory.CreateDirectory(_folder.Path);
        using (var session = SqliteSession.Open(File, TimeSpan.FromSeconds(5)))
        {
            SqliteMigrations.Apply(session, File, target: 1);
            session.Execute("INSERT INTO meta (name, value) VALUES ('epoch', 'old-epoch')");
        }

        await using var store = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path);
        await store.Feed.AppendAsync(run.Append(run.Whole()), CancellationToken.None);

        Assert.Equal("old-epoch", store.Feed.Epoch);
        Assert.Equal(SqliteMigrations.NewestVersion, Number("PRAGMA user_version"));
    }

    [Fact]
    public async Task A_strangers_database_is_refused_and_left_alone()
    {
        Execute("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");

        var refused = await Assert.ThrowsAsync<StorageOpenException>(() => SqliteStoreUnderTest.OpenStoreAsync(_folder.Path));

        Assert.Contains("not one of Apex", refused.Message);
        Assert.Equal(1, Number("SELECT count(*) FROM sqlite_master"));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_with_a_readable_line()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 10_000));

        var refused = await Assert.ThrowsAsync<StorageOpenException>(() => SqliteStoreUnderTest.OpenStoreAsync(_folder.Path));

        Assert.Contains("damaged", refused.Message);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused_with_a_readable_line()
    {
        await System.IO.File.WriteAllTextAsync(_folder.File("plain-file"), "");

        var refused = await Assert.ThrowsAsync<StorageOpenException>(
            () => SqliteStoreUnderTest.OpenStoreAsync(_folder.File("plain-file/data")));

        Assert.Contains("--data", refused.Message);
    }

    [Fact]
    public async Task A_setting_out_of_range_is_refused_by_name()
    {
        var refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => SqliteStoreUnderTest.OpenStoreAsync(_folder.Path, options => options.MaxReaders = 0));

        Assert.Contains("MaxReaders must be 1 to 64", refused.Message);
    }

    [Fact]
    public async Task A_closed_store_refuses_appends_and_writes_what_it_took()
    {
        var store = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path);
        var run = new SomeRun(Protocol.Ids.UserId.New());
        var taken = Enumerable.Range(0, 100).Select(_ => new SomeRun(run.User))
            .Select(some => store.Feed.AppendAsync(some.Append(some.Started()), CancellationToken.None).AsTask()).ToList();

        await store.DisposeAsync();

        Assert.All(await Task.WhenAll(taken), outcome => Assert.IsType<AppendOutcome.Stored>(outcome));
        await Assert.ThrowsAsync<StorageUnavailableException>(
            () => store.Feed.AppendAsync(run.Append(run.Started()), CancellationToken.None).AsTask());
    }

    [Fact]
    public void A_library_of_the_system_is_used_and_not_a_bundled_one()
    {
        Assert.True(Version.Parse(SqliteStore.LibraryVersion) >= new Version(3, 35));
        if (!OperatingSystem.IsLinux())
            return;
        var loaded = Process.GetCurrentProcess().Modules.Cast<ProcessModule>().Select(module => module.ModuleName).ToList();
        Assert.Contains(loaded, name => name.StartsWith("libsqlite3.so", StringComparison.Ordinal));
        Assert.DoesNotContain(loaded, name => name.Contains("e_sqlite3.so", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_nobody_uses_is_dropped_from_memory_and_read_from_the_file_again()
    {
        var clock = new FakeTimeProvider();
        await using var store = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path, time: clock);
        var run = new SomeRun(Protocol.Ids.UserId.New());
        await store.Feed.AppendAsync(run.Append(run.Started()), CancellationToken.None);
        Assert.Equal(1, store.HotFeedCount);

        clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.HoldsAsync(() => store.HotFeedCount == 0, "the idle feed is dropped");

        var outcome = await store.Feed.AppendAsync(run.Append(run.Answered()), CancellationToken.None);
        Assert.Equal(new AppendOutcome.Stored(2), outcome);
        var page = await store.Feed.ReadAsync(new FeedRead(run.User, 0), CancellationToken.None);
        Assert.Equal([1, 2], page.Entries.Select(entry => entry.Seq));
    }

    private void Execute(string sql)
    {
        using var session = SqliteSession.Open(File, TimeSpan.FromSeconds(5));
        session.Execute(sql);
    }

    private long Number(string sql)
    {
        using var session = SqliteSession.Open(File, TimeSpan.FromSeconds(5));
        return session.Number(sql);
    }
}
