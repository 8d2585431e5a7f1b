namespace Apex.Usage.Tools.Statistics;

/// <summary>
/// Percentiles of any number of values in a memory that does not grow with them: counts in buckets whose bounds rise by 0.2 %,
/// so an answer is within 0.1 % of a value of that rank (the relative-error sketch of Masson et al., DDSketch, VLDB 2019).
/// Values of 0 and less share one bucket, 0.
/// </summary>
internal sealed class QuantileSketch
{
    public const double RelativeError = 0.001;

    private const double Growth = (1 + RelativeError) / (1 - RelativeError);

    private static readonly double LogGrowth = Math.Log(Growth);

    private readonly SortedDictionary<int, long> _buckets = [];
    private long _zeros;

    public long Count { get; private set; }

    public void Add(double value)
    {
        Count++;
        if (value <= 0)
        {
            _zeros++;
            return;
        }

        var bucket = (int)Math.Ceiling(Math.Log(value) / LogGrowth);
        _buckets[bucket] = _buckets.GetValueOrDefault(bucket) + 1;
    }

    /// <summary>The value of rank ⌈n·p⌉, at least 1; 0 without values.</summary>
    public double At(double p)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(Count * p));
        var seen = _zeros;
        if (seen >= rank)
            return 0;
        foreach (var (bucket, count) in _buckets)
            if ((seen += count) >= rank)
                return 2 * Math.Pow(Growth, bucket) / (Growth + 1);
        return 0;
    }
}
