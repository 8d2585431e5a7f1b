using Apex.Storage.Sqlite;
using Apex.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Apex.Storage.Tests;

public sealed class CheckpointTests : IDisposable
{
    private const int PageBytes = 4 * 1024;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_written_comes_into_the_file_while_the_store_is_open_however_few_the_commits()
    {
        await using var store = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path);
        var file = new FileInfo(_folder.File("apex.db"));

        // Nothing that could be packed.
        var noise = new byte[1_000_000];
        new Random(1).NextBytes(noise);
        for (var number = 0; number < 60; number++)
            await store.Documents.SaveAsync("organisation", $"document {number}", noise, CancellationToken.None);

        await Eventually.HoldsAsync(
            () =>
            {
                file.Refresh();
                return file.Length > 40_000_000;
            },
            "the log is copied into the file");
    }

    [Fact]
    public async Task The_log_begins_anew_under_writes_that_never_pause()
    {
        using var database = SqliteDatabase.Open(new SqliteStorageOptions { Folder = _folder.Path, Durability = Durability.ProcessDeath });
        using var writer = database.OpenWriter();
        await using var checkpointer = new SqliteCheckpointer(
            database.OpenCheckpointer, NullLogger.Instance, pagesBetween: 20, longLogPages: 50);
        checkpointer.Start();
        writer.Execute("CREATE TABLE filling (bytes BLOB)");
        var log = new FileInfo(_folder.File("apex.db-wal"));
        var pages = 0;

        await Eventually.HoldsAsync(
            () =>
            {
                for (var i = 0; i < 50; i++, pages++)
                {
                    writer.Execute("INSERT INTO filling VALUES (zeroblob(3000))");
                    checkpointer.Wrote(writer);
                }

                log.Refresh();
                return pages > 500 && log.Length < (long)pages * PageBytes / 2;
            },
            "the log is shorter than half of what was written to it");
    }
}
