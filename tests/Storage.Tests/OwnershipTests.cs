using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Storage.Sqlite;
using Apex.Testing;

namespace Apex.Storage.Tests;

/// <summary>Two processes on one file: of two owners of a run the store itself refuses the older, whatever that one remembers.</summary>
public sealed class OwnershipTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SomeRun _run = new(UserId.From("user_1"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_owner_that_was_paused_while_another_took_its_run_over_can_write_no_more()
    {
        using var paused = await StartOwnerAsync();
        Assert.Equal("stored 1", await TellAsync(paused, "begin"));
        Assert.Equal("stored 2", await TellAsync(paused, "say"));
        Signal(paused, "STOP");

        await using (var store = await OpenSharedAsync())
        {
            await TakeOverAsync(store);
            Assert.Equal(new AppendOutcome.Stored(4), await SayAsync(store, epoch: 2));
        }

        Signal(paused, "CONT");
        Assert.Equal("stale 2", await TellAsync(paused, "say"));
        Assert.Equal("stale 2", await TellAsync(paused, "take"));
        await using var after = await OpenSharedAsync();
        Assert.Equal(new AppendOutcome.Stored(5), await after.Feed.AppendAsync(_run.Append(_run.Answered()) with { RunEpoch = 2 }, CancellationToken.None));
        await AssertWholeAsync(after, events: 5);
    }

    [Fact]
    public async Task The_run_of_a_killed_owner_goes_on_under_the_next_epoch_without_a_gap()
    {
        using (var killed = await StartOwnerAsync())
        {
            await TellAsync(killed, "begin");
            await TellAsync(killed, "say");
            killed.Kill();
            await killed.WaitForExitAsync().Within();
        }

        await using var store = await OpenSharedAsync();
        await TakeOverAsync(store);

        Assert.Equal(new AppendOutcome.Stored(4), await store.Feed.AppendAsync(_run.Append(_run.Answered()) with { RunEpoch = 2 }, CancellationToken.None));
        await AssertWholeAsync(store, events: 4);
    }

    [Fact]
    public async Task Of_two_processes_that_take_a_run_over_at_once_one_is_refused()
    {
        using var first = await StartOwnerAsync();
        using var second = await StartOwnerAsync();
        await TellAsync(first, "begin");

        var answers = await Task.WhenAll(TellAsync(first, "take"), TellAsync(second, "take"));

        Assert.Equal(["stale 2", "stored 2"], answers.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_another_process_stored_is_seen_without_a_write_of_ones_own()
    {
        await using var store = await OpenSharedAsync();
        await store.Feed.AppendAsync(_run.Append(_run.Started()) with { Changes = [new RecordChange.SaveRun(_run.Record())] }, CancellationToken.None);
        Assert.Equal(1, await store.Feed.GetHeadAsync(_run.User, CancellationToken.None));
        var woken = new Woken();
        using var watching = store.Feed.Watch(_run.User, woken);

        using var other = await StartOwnerAsync();
        Assert.Equal("stored 2", await TellAsync(other, "say"));

        await Eventually.HoldsAsync(() => woken.Times > 0, "the watcher is woken");
        Assert.Equal(2, await store.Feed.GetHeadAsync(_run.User, CancellationToken.None));
        Assert.Equal(2, (await store.Feed.ReadAsync(new FeedRead(_run.User, 0), CancellationToken.None)).Entries.Count);
    }

    private async Task TakeOverAsync(SqliteStore store)
    {
        var found = Assert.Single(await store.Records.ListUnfinishedRunsAsync(CancellationToken.None));
        var taken = await store.Feed.AppendAsync(
            _run.Append(_run.Recovering()) with
            {
                RunEpoch = found.Epoch,
                Changes = [new RecordChange.SaveRun(found with { State = RunState.Recovering, Epoch = found.Epoch + 1 })],
            },
            CancellationToken.None);
        Assert.Equal(new AppendOutcome.Stored(3), taken);
    }

    private ValueTask<AppendOutcome> SayAsync(SqliteStore store, long epoch) =>
        store.Feed.AppendAsync(_run.Append(_run.Thinking()) with { RunEpoch = epoch }, CancellationToken.None);

    private async Task AssertWholeAsync(SqliteStore store, int events)
    {
        var entries = await store.Feed.ReadRunAsync(_run.User, _run.Id, 0, 100, CancellationToken.None);
        Assert.Equal(Enumerable.Range(1, events).Select(seq => (long)seq), entries.Select(entry => entry.Seq));
        var recorded = entries.Select(entry => JsonSerializer.Deserialize(entry.Utf8.Span, ApexJson.Default.JsonElement));
        Assert.Empty(RunChecker.Check(recorded, TimeProvider.System.GetUtcNow()).Select(fault => fault.Message));
    }

    private Task<SqliteStore> OpenSharedAsync() =>
        SqliteStoreUnderTest.OpenStoreAsync(_folder.Path, options => options.IsShared = true);

    private async Task<Process> StartOwnerAsync()
    {
        Directory.CreateDirectory(_folder.Path);
        var owner = Path.Combine(AppContext.BaseDirectory, "Apex.Storage.CrashWriter.dll");
        var process = Process.Start(new ProcessStartInfo(
            "dotnet", [owner, _folder.Path, "-", _run.User.Value, _run.Thread.Value, _run.Id.Value, _run.Question.Value])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync().Within());
        return process;
    }

    private static async Task<string?> TellAsync(Process owner, string order)
    {
        await owner.StandardInput.WriteLineAsync(order);
        await owner.StandardInput.FlushAsync();
        return await owner.StandardOutput.ReadLineAsync().Within();
    }

    private static void Signal(Process process, string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)])!;
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private sealed class Woken : IFeedWatcher
    {
        private int _times;

        public int Times => Volatile.Read(ref _times);

        public void Wake() => Interlocked.Increment(ref _times);
    }
}
