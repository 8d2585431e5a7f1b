using Apex.Protocol.Ids;
using Apex.Storage;
using Apex.Storage.Feed;
using BenchmarkDotNet.Attributes;

namespace Apex.Bench.Micro;

/// <summary>A page of a feed from memory, as live readers get it, and from the file, as a late one does.</summary>
[MemoryDiagnoser]
public class FeedReadBenchmark
{
    private const int Events = 5_000;

    private readonly UserId _user = UserId.New();
    private BenchStore _store = null!; // Set up before every benchmark.

    // Not async: in-process benchmarks do not wait for a set-up.
    [GlobalSetup]
    public void Open()
    {
        _store = BenchStore.Open(Durability.ProcessDeath);
        FillAsync().GetAwaiter().GetResult();
    }

    [GlobalCleanup]
    public void Close() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark]
    public ValueTask<FeedPage> NewestEventFromMemoryAsync() => ReadAsync(Events - 1);

    [Benchmark]
    public ValueTask<FeedPage> HundredFromMemoryAsync() => ReadAsync(Events - 100);

    [Benchmark]
    public ValueTask<FeedPage> HundredFromFileAsync() => ReadAsync(100);

    private async Task FillAsync()
    {
        var run = new BenchRun(_user);
        await _store.Store.Feed.AppendAsync(run.Start(), CancellationToken.None);
        for (var step = 1; step < Events; step++)
            await _store.Store.Feed.AppendAsync(run.Thinking(step), CancellationToken.None);
    }

    private ValueTask<FeedPage> ReadAsync(long after) =>
        _store.Store.Feed.ReadAsync(new FeedRead(_user, after, MaxEvents: 100), CancellationToken.None);
}
