namespace Apex.Bench.Load;

/// <summary>Samples of many threads, merged raw: percentiles of percentiles mean nothing.</summary>
internal sealed class Latencies
{
    private readonly Lock _gate = new();
    private readonly List<double> _milliseconds = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _milliseconds.Count;
        }
    }

    public void Add(TimeSpan sample)
    {
        lock (_gate)
            _milliseconds.Add(sample.TotalMilliseconds);
    }

    public override string ToString()
    {
        double[] sorted;
        lock (_gate)
            sorted = [.. _milliseconds.Order()];
        return sorted.Length == 0
            ? "no samples"
            : FormattableString.Invariant(
                $"p50 {At(sorted, 0.5):0.00} ms  p99 {At(sorted, 0.99):0.00} ms  max {sorted[^1]:0.0} ms  (n={sorted.Length})");
    }

    private static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
}
