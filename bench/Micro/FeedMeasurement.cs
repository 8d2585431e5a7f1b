using System.Diagnostics;
using System.Globalization;
using Apex.Protocol.Ids;
using Apex.Storage;
using Apex.Storage.Feed;

namespace Apex.Bench.Micro;

/// <summary>
/// <c>--feed [folder]</c>: appends per second by durability against the same encoding kept only in memory, and the time from an
/// append to the reader's wake at a steady rate.
/// </summary>
internal static class FeedMeasurement
{
    private const int Callers = 256;
    private const int EventsPerCaller = 400;
    private const int SteadyPerSecond = 1_000;
    private static readonly TimeSpan SteadyTime = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var folder = arguments is [var given, ..] ? given : null;
        await MeasureAppendsAsync(Durability.ProcessDeath, folder, callers: 32); // Warms the code up.

        var memory = MeasureMemory();
        Print($"encoded and kept in memory only: {memory:N0} events/s");
        foreach (var durability in (Durability[])[Durability.ProcessDeath, Durability.PowerLoss])
        {
            var rate = await MeasureAppendsAsync(durability, folder, Callers);
            Print($"stored, {durability}: {rate.PerSecond:N0} events/s with {Callers} callers, {rate.PerSecond / memory:P0} of memory only, {rate.CpuMicroseconds:0.0} us CPU each");
            var single = await MeasureAppendsAsync(durability, folder, callers: 1);
            Print($"stored, {durability}: {single.PerSecond:N0} events/s with one caller, {single.CpuMicroseconds:0.0} us CPU each");
            var wakes = await MeasureWakesAsync(durability, folder);
            Print($"append to wake, {durability}, {SteadyPerSecond:N0} events/s: {wakes}");
        }

        return 0;
    }

    private static double MeasureMemory()
    {
        var run = new BenchRun(UserId.New());
        var encoder = new EventEncoder();
        var kept = new Queue<byte[]>();
        var events = Callers * EventsPerCaller;
        var began = Stopwatch.GetTimestamp();
        for (var step = 0; step < events; step++)
        {
            kept.Enqueue(encoder.Encode(run.Thinking(step).Events[0] with { Seq = step, RunSeq = step, EventId = $"run:{step}" }));
            if (kept.Count > 512)
                kept.Dequeue();
        }

        return events / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>CPU time is the figure to compare on a busy machine.</summary>
    private static async Task<(double PerSecond, double CpuMicroseconds)> MeasureAppendsAsync(Durability durability, string? folder, int callers)
    {
        await using var store = BenchStore.Open(durability, folder);
        var feed = store.Store.Feed;
        var eventsPerCaller = callers == 1 ? 2_000 : EventsPerCaller;
        var cpuBefore = Environment.CpuUsage.TotalTime;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            var run = new BenchRun(UserId.New());
            await feed.AppendAsync(run.Start(), CancellationToken.None);
            for (var step = 1; step < eventsPerCaller; step++)
                await feed.AppendAsync(run.Thinking(step), CancellationToken.None);
        }));
        var events = callers * eventsPerCaller;
        var cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        return (events / Stopwatch.GetElapsedTime(began).TotalSeconds, cpu.TotalMicroseconds / events);
    }

    private static async Task<string> MeasureWakesAsync(Durability durability, string? folder)
    {
        await using var store = BenchStore.Open(durability, folder);
        var feed = store.Store.Feed;
        const int Users = 100;
        var watchers = Enumerable.Range(0, Users).Select(_ => new Watcher(UserId.New())).ToList();
        var watches = watchers.ConvertAll(watcher => feed.Watch(watcher.User, watcher));
        foreach (var watcher in watchers)
            await feed.AppendAsync(watcher.Run.Start(), CancellationToken.None);

        var began = Stopwatch.GetTimestamp();
        var sent = 0;
        var appends = new List<Task>();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (Stopwatch.GetElapsedTime(began) < SteadyTime && await tick.WaitForNextTickAsync())
        {
            for (var due = (int)(Stopwatch.GetElapsedTime(began).TotalSeconds * SteadyPerSecond); sent < due; sent++)
            {
                var watcher = watchers[sent % Users];
                watcher.Sent = Stopwatch.GetTimestamp();
                appends.Add(feed.AppendAsync(watcher.Run.Thinking(sent), CancellationToken.None).AsTask());
            }
        }

        await Task.WhenAll(appends);
        watches.ForEach(watch => watch.Dispose());
        var latencies = watchers.SelectMany(watcher => watcher.Latencies.Skip(1)).Order().ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"p50 {latencies[latencies.Count / 2]:0.00} ms, p99 {latencies[latencies.Count * 99 / 100]:0.00} ms, worst {latencies[^1]:0.00} ms of {latencies.Count:N0}");
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Each user has one event on its way at a time (100 ms apart), so a wake belongs to the last one sent.</summary>
    private sealed class Watcher(UserId user) : IFeedWatcher
    {
        public UserId User { get; } = user;
        public BenchRun Run { get; } = new(user);
        public long Sent { get; set; }
        public List<double> Latencies { get; } = [];

        public void Wake() => Latencies.Add(Stopwatch.GetElapsedTime(Sent).TotalMilliseconds);
    }
}
