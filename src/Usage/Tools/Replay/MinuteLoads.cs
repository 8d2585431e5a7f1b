namespace Apex.Usage.Tools.Replay;

/// <summary>Load per minute in input-equivalent tokens; a call counts in the minute it starts in. Memory holds a number per busy minute.</summary>
internal sealed class MinuteLoads
{
    private readonly Dictionary<long, double> _minutes = [];
    private double[]? _ascending;
    private double[] _sumsFromTop = [];
    private long? _first;
    private long _last;

    public double Sum { get; private set; }

    /// <summary>Idle minutes included.</summary>
    public long Minutes => _first is { } first ? _last - first + 1 : 0;

    public void Add(DateTimeOffset at, double tokens)
    {
        var minute = at.UtcTicks / TimeSpan.TicksPerMinute;
        _first ??= minute;
        _last = minute;
        _minutes[minute] = _minutes.GetValueOrDefault(minute) + tokens;
        Sum += tokens;
        _ascending = null;
    }

    /// <summary>Percentile over all minutes, idle ones included, by linear interpolation at (n − 1)·p.</summary>
    public double At(double p)
    {
        var busy = Ascending();
        var idle = Minutes - busy.Length;
        var rank = (Minutes - 1) * p;
        var below = (long)Math.Floor(rank);
        return Load(below) + ((rank - below) * (Load(Math.Min(below + 1, Minutes - 1)) - Load(below)));

        double Load(long index) => index < idle ? 0 : busy[index - idle];
    }

    /// <summary>Tokens above a capacity per minute, over all minutes.</summary>
    public double Above(double capacity)
    {
        var busy = Ascending();
        var (low, high) = (0, busy.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = busy[middle] > capacity ? (low, middle) : (middle + 1, high);
        }

        return low == busy.Length ? 0 : _sumsFromTop[low] - (capacity * (busy.Length - low));
    }

    private double[] Ascending()
    {
        if (_ascending is { } known)
            return known;
        var sorted = _minutes.Values.Order().ToArray();
        _sumsFromTop = new double[sorted.Length];
        double sum = 0;
        for (var i = sorted.Length - 1; i >= 0; i--)
            _sumsFromTop[i] = sum += sorted[i];
        return _ascending = sorted;
    }
}
