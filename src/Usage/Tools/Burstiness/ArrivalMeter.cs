using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.Burstiness;

/// <summary>Arrivals of one group, metered in a memory that does not grow with them.</summary>
internal sealed class ArrivalMeter
{
    private readonly RunningMoments _gaps = new();
    private readonly BinCounter _seconds = new(TimeSpan.FromSeconds(1));
    private readonly BinCounter _minutes = new(TimeSpan.FromMinutes(1));
    private long? _last;

    public long Requests { get; private set; }

    public void Add(UsageEvent call)
    {
        var ticks = call.StartedAt.UtcTicks;
        Requests++;
        if (_last is { } last)
            _gaps.Add((ticks - last) / (double)TimeSpan.TicksPerSecond);
        _last = ticks;
        _seconds.Add(ticks);
        _minutes.Add(ticks);
    }

    public BurstGroup Shown(IReadOnlyDictionary<string, string?> keys)
    {
        var variation = _gaps.Mean == 0 ? 0 : Math.Sqrt(_gaps.Variance) / _gaps.Mean;
        return new BurstGroup(
            keys, Requests, Math.Round(_gaps.Mean, 6), Math.Round(variation, 6), variation == 0 ? null : Math.Round(1 / (variation * variation), 6),
            Rounded(_seconds.Dispersion), Rounded(_minutes.Dispersion),
            _minutes.Bins == 0 ? null : Figures.Number(_minutes.Mean), _minutes.Bins == 0 ? null : _minutes.Peak, _minutes.PeakAt,
            _seconds.Bins == 0 ? null : _seconds.Peak, _minutes.Mean == 0 ? null : Figures.Number(_minutes.Peak / _minutes.Mean),
            Figures.Share(_minutes.EmptyShare));
    }

    private static double? Rounded(double? value) => value is { } number ? Math.Round(number, 6) : null;
}
