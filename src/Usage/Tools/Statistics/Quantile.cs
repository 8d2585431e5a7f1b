namespace Apex.Usage.Tools.Statistics;

/// <summary>Percentiles of values in hand, by linear interpolation at (n − 1)·p as the query model takes them.</summary>
internal static class Quantile
{
    /// <param name="ascending">At least one value, in ascending order.</param>
    /// <param name="p">0 to 1.</param>
    public static double Of(IReadOnlyList<double> ascending, double p)
    {
        var at = (ascending.Count - 1) * p;
        var below = (int)Math.Floor(at);
        return below + 1 >= ascending.Count
            ? ascending[^1]
            : ascending[below] + ((at - below) * (ascending[below + 1] - ascending[below]));
    }

    /// <summary>Sorts the values where they are; null of none.</summary>
    public static double? Median(List<double> values)
    {
        values.Sort();
        return values.Count == 0 ? null : Of(values, 0.5);
    }
}
