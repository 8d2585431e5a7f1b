using Apex.Protocol.Ids;
using Apex.Storage;
using BenchmarkDotNet.Attributes;

namespace Apex.Bench.Micro;

/// <summary>Appends by many callers at once, one event each: what group commit makes of them.</summary>
[MemoryDiagnoser]
public class FeedAppendBenchmark
{
    private const int EventsPerCaller = 20;

    private BenchStore _store = null!; // Set up before every benchmark.

    [Params(1, 64, 512)]
    public int Callers { get; set; }

    [Params(Durability.ProcessDeath, Durability.PowerLoss)]
    public Durability Durability { get; set; }

    // Not async: in-process benchmarks do not wait for a set-up.
    [GlobalSetup]
    public void Open() => _store = BenchStore.Open(Durability);

    [GlobalCleanup]
    public void Close() => _store.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark]
    public Task AppendAsync() => Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
    {
        var run = new BenchRun(UserId.New());
        await _store.Store.Feed.AppendAsync(run.Start(), CancellationToken.None);
        for (var step = 1; step < EventsPerCaller; step++)
            await _store.Store.Feed.AppendAsync(run.Thinking(step), CancellationToken.None);
    }));
}
