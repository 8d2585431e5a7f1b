namespace Apex.Server.Operations.Metrics;

/// <summary>The figures of one instrument under one set of labels. Safe for concurrent use.</summary>
internal sealed class Series(string labels, double[]? bounds)
{
    private readonly Lock _lock = new();
    private readonly long[]? _buckets = bounds is null ? null : new long[bounds.Length + 1];
    private double _value;
    private long _count;

    /// <summary>As in the text format, without braces; empty for none.</summary>
    public string Labels => labels;

    public void Add(double amount)
    {
        lock (_lock)
            _value += amount;
    }

    public void Set(double value)
    {
        lock (_lock)
            _value = value;
    }

    /// <summary>Only for a series with bounds.</summary>
    public void Record(double value)
    {
        var bucket = Array.BinarySearch(bounds!, value);
        lock (_lock)
        {
            // A value equal to a bound belongs below it; between two bounds the search answers with the complement of the upper one.
            _buckets![bucket < 0 ? ~bucket : bucket]++;
            _value += value;
            _count++;
        }
    }

    public double Value
    {
        get
        {
            lock (_lock)
                return _value;
        }
    }

    /// <summary>How many values lay at or below each bound, and at last how many there were.</summary>
    public (long[] Cumulative, double Sum, long Count) Distribution()
    {
        lock (_lock)
        {
            var cumulative = new long[_buckets!.Length];
            var total = 0L;
            for (var i = 0; i < cumulative.Length; i++)
                cumulative[i] = total += _buckets[i];
            return (cumulative, _value, _count);
        }
    }
}
