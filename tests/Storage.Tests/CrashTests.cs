using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;
using Apex.Testing;

namespace Apex.Storage.Tests;

public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Durability.PowerLoss)]
    [InlineData(Durability.ProcessDeath)]
    public async Task Everything_acknowledged_survives_a_killed_process_without_a_gap(Durability durability)
    {
        var acknowledged = new Dictionary<UserId, long>();
        string? epoch = null;
        foreach (var kill in (int[])[1, 300, 2_000])
        {
            await WriteUntilKilledAsync(durability, linesBeforeKill: kill, acknowledged);

            await using var store = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path);
            epoch ??= store.Feed.Epoch;
            Assert.Equal(epoch, store.Feed.Epoch);
            foreach (var (user, lastSeq) in acknowledged)
                await AssertWholeAsync(store, user, lastSeq);
            Assert.Equal("ok", await CheckFileAsync());
        }
    }

    [Fact]
    public async Task A_run_cut_by_a_kill_can_be_recovered_and_ended()
    {
        // A kill between two runs cuts none: then another does.
        var cut = 0;
        for (var kill = 0; kill < 20 && cut == 0; kill++)
        {
            await WriteUntilKilledAsync(Durability.ProcessDeath, linesBeforeKill: 500, []);
            cut = await EndCutRunsAsync();
        }

        Assert.True(cut > 0, "Twenty kills cut no run.");
    }

    /// <returns>How many there were.</returns>
    private async Task<int> EndCutRunsAsync()
    {
        await using var store = await SqliteStoreUnderTest.OpenStoreAsync(_folder.Path);
        var cut = 0;
        foreach (var run in await store.Records.ListUnfinishedRunsAsync(CancellationToken.None))
        {
            var events = await store.Feed.ReadRunAsync(run.User, run.Id, 0, 100, CancellationToken.None);
            if (events[^1].Type == "agent_completed")
                continue;
            cut++;
            var some = new SomeRun(run.User, run.ThreadId, run.Id);
            await store.Feed.AppendAsync(some.Append(some.Recovering(), some.Answered()), CancellationToken.None);
            Assert.Empty(Check(await store.Feed.ReadRunAsync(run.User, run.Id, 0, 100, CancellationToken.None)));
        }

        return cut;
    }

    private static async Task AssertWholeAsync(SqliteStore store, UserId user, long lastAcknowledged)
    {
        var entries = new List<FeedEntry>();
        while (await store.Feed.ReadAsync(new FeedRead(user, entries.Count), CancellationToken.None) is { Entries.Count: > 0 } page)
            entries.AddRange(page.Entries);

        Assert.InRange(entries.Count, lastAcknowledged, long.MaxValue);
        Assert.Equal(Enumerable.Range(1, entries.Count).Select(seq => (long)seq), entries.Select(entry => entry.Seq));
        foreach (var run in entries.GroupBy(entry => entry.RunId))
        {
            // A run that the kill cut has no end yet; that is the only fault it may have.
            Assert.All(Check([.. run]), fault => Assert.Equal(RunFaultKind.Incomplete, fault.Kind));
        }
    }

    private static IReadOnlyList<RunFault> Check(IReadOnlyList<FeedEntry> run) =>
        RunChecker.Check(
            run.Select(entry => JsonSerializer.Deserialize(entry.Utf8.Span, ApexJson.Default.JsonElement)), TimeProvider.System.GetUtcNow());

    private async Task WriteUntilKilledAsync(Durability durability, int linesBeforeKill, Dictionary<UserId, long> acknowledged)
    {
        var writer = Path.Combine(AppContext.BaseDirectory, "Apex.Storage.CrashWriter.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [writer, _folder.Path, durability.ToString()])
        {
            RedirectStandardOutput = true,
        })!;
        for (var lines = 0; lines < linesBeforeKill && await process.StandardOutput.ReadLineAsync().Within() is { } line; lines++)
            Note(line, acknowledged);
        process.Kill();
        // What it wrote before it died still counts, but its last line may be cut.
        var rest = await process.StandardOutput.ReadToEndAsync().Within();
        foreach (var line in rest.Split('\n')[..^1])
            Note(line, acknowledged);
        await process.WaitForExitAsync();
        Assert.Equal(137, process.ExitCode);
    }

    private static void Note(string line, Dictionary<UserId, long> acknowledged)
    {
        var words = line.Split(' ');
        var (user, seq) = (UserId.From(words[0]), long.Parse(words[2], CultureInfo.InvariantCulture));
        acknowledged[user] = Math.Max(seq, acknowledged.GetValueOrDefault(user));
    }

    private Task<string> CheckFileAsync()
    {
        using var session = SqliteSession.Open(_folder.File("apex.db"), TimeSpan.FromSeconds(5));
        using var check = session.Use("PRAGMA integrity_check");
        check.Step();
        return Task.FromResult(check.Text(0));
    }
}
