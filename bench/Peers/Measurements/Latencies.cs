namespace Apex.Bench.Peers.Measurements;

/// <summary>Raw samples in milliseconds.</summary>
internal sealed class Latencies
{
    private readonly List<double> _milliseconds = [];

    public int Count => _milliseconds.Count;

    public void Add(TimeSpan sample) => _milliseconds.Add(sample.TotalMilliseconds);

    public Percentiles Read()
    {
        if (_milliseconds.Count == 0)
            return new Percentiles(double.NaN, double.NaN, double.NaN);
        _milliseconds.Sort();
        return new Percentiles(At(0.5), At(0.99), _milliseconds[^1]);
    }

    private double At(double share) => _milliseconds[Math.Min(_milliseconds.Count - 1, (int)(_milliseconds.Count * share))];
}

/// <summary>Milliseconds.</summary>
internal sealed record Percentiles(double Median, double P99, double Max);

/// <summary>What several runs gave.</summary>
internal sealed record Spread(double Median, double Lowest, double Highest)
{
    public static Spread Of(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return new Spread(sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }
}
