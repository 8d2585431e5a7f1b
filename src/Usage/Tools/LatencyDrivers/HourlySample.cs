using Apex.Usage.Events;
using Apex.Usage.Tools.LatencyProfile;

namespace Apex.Usage.Tools.LatencyDrivers;

/// <param name="FirstTokenMs">Null for calls that were not streamed.</param>
internal readonly record struct TimedCall(int Hour, double Uncached, double Output, double? FirstTokenMs, double DurationMs);

/// <summary>
/// A bounded sample of one model's calls, whole hours at a time so that calls of the same hour can be compared: of the hours those
/// with the smallest hashes, of an hour's calls those with the smallest hashes of their ids. Which calls are in it does not depend
/// on the order of rows or on batch sizes.
/// </summary>
internal sealed class HourlySample
{
    private const int MaxHours = 400;
    private const int MaxCallsPerHour = 40;

    private readonly SortedDictionary<(ulong Hash, int Hour), SortedDictionary<(ulong Hash, string Id), TimedCall>> _hours = [];

    public long Calls { get; private set; }

    public void Add(UsageEvent call)
    {
        if (CallLatency.DurationMs(call) is not { } duration)
            return;
        Calls++;
        var hour = (int)(call.StartedAt.UtcTicks / TimeSpan.TicksPerHour);
        var key = (Mixed((ulong)hour), hour);
        if (!_hours.TryGetValue(key, out var calls))
        {
            _hours[key] = calls = [];
            if (_hours.Count > MaxHours)
                _hours.Remove(_hours.Keys.Last());
        }

        calls[(Hash(call.EventId), call.EventId)] = new TimedCall(
            hour, call.InputTotal - call.InCacheRead, call.OutputTotal, CallLatency.FirstTokenMs(call), duration);
        if (calls.Count > MaxCallsPerHour)
            calls.Remove(calls.Keys.Last());
    }

    public List<TimedCall> All() => _hours.Values.SelectMany(calls => calls.Values).ToList();

    private static ulong Hash(string text)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var letter in text)
            hash = (hash ^ letter) * 1_099_511_628_211UL;
        return Mixed(hash);
    }

    private static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
