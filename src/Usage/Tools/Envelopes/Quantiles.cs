namespace Apex.Usage.Tools.Envelopes;

/// <summary>Percentiles by linear interpolation at (n − 1)·p, as the log's queries take them.</summary>
internal static class Quantiles
{
    /// <param name="sorted">Ascending, at least one.</param>
    public static double Of(IReadOnlyList<double> sorted, double p)
    {
        var at = (sorted.Count - 1) * p;
        var below = (int)Math.Floor(at);
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }

    public static double Median(IEnumerable<double> values) => Of(values.Order().ToList(), 0.5);
}
