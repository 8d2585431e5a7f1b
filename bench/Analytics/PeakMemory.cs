using System.Diagnostics;

namespace Apex.Bench.Analytics;

/// <summary>
/// Looks at the process's memory some twenty times a second while something is measured: what is resident, with all that the runtime and
/// the database keep for later, and what of it outlives a collection, which is a replay's state.
/// </summary>
internal sealed class PeakMemory : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watch;
    private readonly long _residentBefore;
    private readonly long _aliveBefore;
    private long _resident;
    private long _alive;

    public PeakMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        (_residentBefore, _aliveBefore) = (Resident(), Alive());
        _watch = WatchAsync();
    }

    /// <summary>Bytes above before.</summary>
    public long ResidentBytes => Math.Max(0, _resident - _residentBefore);

    /// <summary>Managed bytes above before that the last collection left standing.</summary>
    public long AliveBytes => Math.Max(0, _alive - _aliveBefore);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Every);
        while (await timer.WaitForNextTickAsync(_stop.Token))
            (_resident, _alive) = (Math.Max(_resident, Resident()), Math.Max(_alive, Alive()));
    }

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static long Alive() => GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes;
}
