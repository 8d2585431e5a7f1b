namespace Apex.Server.Reporting.Charts;

/// <summary>Round values for an axis.</summary>
internal static class Ticks
{
    private static readonly double[] Steps = [1, 2, 2.5, 5, 10];

    /// <summary>From at most <paramref name="low"/> to at least <paramref name="high"/>, about five of them.</summary>
    public static IReadOnlyList<double> Linear(double low, double high, int wanted = 5)
    {
        if (!(high > low))
            high = low + 1;
        var rough = (high - low) / Math.Max(1, wanted);
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = Steps.Select(factor => factor * power).First(candidate => candidate >= rough * 0.999);
        var first = (long)Math.Floor(low / step + 1e-9);
        var last = (long)Math.Ceiling(high / step - 1e-9);
        // Multiplied, not added up: sums of 0.1 drift.
        return [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * step)];
    }

    /// <summary>Powers of ten from at most <paramref name="low"/> (above 0) to at least <paramref name="high"/>.</summary>
    public static IReadOnlyList<double> Logarithmic(double low, double high)
    {
        var first = (int)Math.Floor(Math.Log10(low) + 1e-9);
        var last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(high) - 1e-9));
        return [.. Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power))];
    }
}
