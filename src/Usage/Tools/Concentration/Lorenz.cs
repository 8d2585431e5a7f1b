namespace Apex.Usage.Tools.Concentration;

/// <summary>
/// How unevenly cost lies on things, from their costs in falling order, one pass: the share of the top k, the Lorenz curve and the
/// Gini coefficient. The number of things must be known before.
/// </summary>
internal sealed class Lorenz(long count, long total)
{
    /// <summary>Shares of things, dearest first, at which the curve is told.</summary>
    public static readonly double[] Points = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

    private readonly double[] _shares = new double[Points.Length];
    private double _rankedSum;
    private long _rank;
    private long _sum;
    private int _next;

    /// <summary>0: all cost the same; towards 1: one costs everything. Zero where nothing costs anything.</summary>
    public double Gini => total == 0 || count == 0
        ? 0
        // Σ i·x over rising ranks i is (n + 1)·Σx − Σ j·x over the falling ranks j.
        : Math.Clamp((2 * (((count + 1.0) * total) - _rankedSum) / ((double)count * total)) - ((count + 1.0) / count), 0, 1);

    public IReadOnlyList<double> Shares => _shares;

    public void Add(long cost)
    {
        _rank++;
        _sum = checked(_sum + cost);
        _rankedSum += (double)_rank * cost;
        while (_next < Points.Length && _rank >= TopOf(Points[_next], count))
            _shares[_next++] = total == 0 ? 0 : (double)_sum / total;
    }

    /// <summary>At least one thing.</summary>
    public static long TopOf(double share, long count) => Math.Max(1, (long)Math.Ceiling((share * count) - 1e-9));
}
