using System.Diagnostics;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;
using Apex.Testing;

namespace Apex.Storage.Tests;

public sealed class FailingDiskTests : IDisposable
{
    private static readonly UserId User = UserId.From("user_1");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task On_a_full_file_appends_are_refused_reads_go_on_and_nothing_refused_is_stored()
    {
        var stored = 0L;
        await using (var store = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path, options => options.MaxFilePages = 120))
        {
            stored = await FillAsync(store);
            await AssertReadableAsync(store, stored);
        }

        await using var larger = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path);
        await AssertReadableAsync(larger, stored);
        await AssertAppendableAsync(larger, stored);
    }

    [Fact]
    public async Task An_append_that_has_no_room_does_not_take_its_neighbours_with_it()
    {
        await using var store = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path, options => options.MaxFilePages = 400);
        var small = Enumerable.Range(0, 40).Select(index => new SomeRun(UserId.From($"user_{index}"))).ToList();
        var huge = new SomeRun(User);
        var tooLarge = huge.Append([huge.Started(), .. Enumerable.Range(0, 40).Select(_ => huge.Thinking(new string('x', 64 * 1024)))]);

        var before = small[..20].Select(run => store.Feed.AppendAsync(run.Append(run.Started()), CancellationToken.None).AsTask()).ToList();
        var refused = Assert.ThrowsAsync<StorageUnavailableException>(() => store.Feed.AppendAsync(tooLarge, CancellationToken.None).AsTask());
        var after = small[20..].Select(run => store.Feed.AppendAsync(run.Append(run.Started()), CancellationToken.None).AsTask()).ToList();

        Assert.All(await Task.WhenAll([.. before, .. after]), outcome => Assert.Equal(new AppendOutcome.Stored(1), outcome));
        Assert.Contains("full", (await refused).Message);
    }

    [Fact]
    public async Task On_a_full_disk_appends_are_refused_and_go_on_when_there_is_room_again()
    {
        if (!TryMount(out var disk))
        {
            // Without the right to mount there is no small disk; the full file above takes the same path through the writer.
            Assert.NotEqual("root", Environment.UserName);
            return;
        }

        try
        {
            var ballast = Path.Combine(disk, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[3 * 1024 * 1024]);
            await using var store = await SqliteStoreUnderTest.OpenStoreAsync(Path.Combine(disk, "data"));
            var stored = await FillAsync(store);
            await AssertReadableAsync(store, stored);

            File.Delete(ballast);

            await AssertAppendableAsync(store, stored);
        }
        finally
        {
            Run("umount", disk);
        }
    }

    [Fact]
    public async Task A_file_locked_by_another_process_refuses_appends_until_it_is_free()
    {
        await using var store = await SqliteStoreUnderTest.OpenStoreAsync(
            _folder.Path, options => options.BusyTimeout = TimeSpan.FromMilliseconds(50));
        var run = new SomeRun(User);
        await store.Feed.AppendAsync(run.Append(run.Started()), CancellationToken.None);

        using (var other = SqliteSession.Open(_folder.File("apex.db"), TimeSpan.Zero))
        {
            other.Execute("BEGIN IMMEDIATE");
            var refused = await Assert.ThrowsAsync<StorageUnavailableException>(
                () => store.Feed.AppendAsync(run.Append(run.Thinking()), CancellationToken.None).AsTask());
            Assert.Contains("locked", refused.Message);
            Assert.True(refused.RetryAfter > TimeSpan.Zero);
            Assert.Equal(1, await store.Feed.GetHeadAsync(User, CancellationToken.None));
        }

        Assert.Equal(new AppendOutcome.Stored(2), await store.Feed.AppendAsync(run.Append(run.Thinking()), CancellationToken.None));
    }

    /// <returns>How many events were acknowledged before the disk was full.</returns>
    private static async Task<long> FillAsync(SqliteStore store)
    {
        var acknowledged = 0L;
        var run = new SomeRun(User);
        await store.Feed.AppendAsync(run.Append(run.Started()), CancellationToken.None);
        while (true)
        {
            try
            {
                var outcome = await store.Feed.AppendAsync(run.Append(run.Thinking(new string('x', 4_000))), CancellationToken.None);
                acknowledged = Assert.IsType<AppendOutcome.Stored>(outcome).LastSeq;
            }
            catch (StorageUnavailableException full)
            {
                Assert.Contains("full", full.Message);
                return acknowledged;
            }
        }
    }

    private static async Task AssertReadableAsync(SqliteStore store, long events)
    {
        var after = 0L;
        while (await store.Feed.ReadAsync(new FeedRead(User, after), CancellationToken.None) is { Entries.Count: > 0 } page)
            after = page.Entries[^1].Seq;
        Assert.Equal(events, after);
        Assert.Equal(events, await store.Feed.GetHeadAsync(User, CancellationToken.None));
    }

    private static async Task AssertAppendableAsync(SqliteStore store, long events)
    {
        var run = new SomeRun(User);
        Assert.Equal(
            new AppendOutcome.Stored(events + 8), await store.Feed.AppendAsync(run.Append(run.Whole()), CancellationToken.None));
    }

    private bool TryMount(out string disk)
    {
        disk = Directory.CreateDirectory(_folder.File("disk")).FullName;
        return OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk);
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
