using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.Burstiness;

/// <summary>
/// Calls per bin of time, empty bins included. Bins start at the first call; the last one is cut short by the end of the rows and
/// is left out. Times must not fall.
/// </summary>
internal sealed class BinCounter(TimeSpan width)
{
    private readonly RunningMoments _counts = new();
    private long _empty;
    private long? _first;
    private long _bin;
    private long _inBin;

    public long Bins => _counts.Count;

    public long Peak { get; private set; }

    public DateTimeOffset? PeakAt { get; private set; }

    public double Mean => _counts.Mean;

    /// <summary>Bins without a call, of all whole bins.</summary>
    public double EmptyShare => Bins == 0 ? 0 : (double)_empty / Bins;

    /// <summary>Variance by mean; null below two bins or without a call in them.</summary>
    public double? Dispersion => Bins < 2 || _counts.Mean == 0 ? null : _counts.Variance / _counts.Mean;

    public void Add(long ticks)
    {
        _first ??= ticks;
        var bin = (ticks - _first.Value) / width.Ticks;
        if (bin > _bin)
        {
            Close();
            var empty = bin - _bin - 1;
            _counts.Add(0, empty);
            _empty += empty;
            (_bin, _inBin) = (bin, 0);
        }

        _inBin++;
    }

    private void Close()
    {
        _counts.Add(_inBin, 1);
        if (_inBin <= Peak)
            return;
        Peak = _inBin;
        PeakAt = new DateTimeOffset((_first ?? 0) + (_bin * width.Ticks), TimeSpan.Zero);
    }
}
