using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>
/// ln u of the treated less ln u of the control, day by day; the mean of that after the change less the mean before. What befalls both
/// groups on a day cancels. The variance is widened by (1 + ρ)/(1 − ρ), ρ the likeness of neighbouring days where it is above zero.
/// </summary>
internal static class DifferenceInDifferences
{
    private const double MostLikeness = 0.9;

    /// <param name="before">ln u treated − ln u control by day, in order of time.</param>
    /// <param name="after">The same from the change on.</param>
    /// <returns>Null where a side has under two days.</returns>
    public static Effect? Estimate(IReadOnlyList<double> before, IReadOnlyList<double> after)
    {
        if (before.Count < 2 || after.Count < 2)
            return null;
        var (meanBefore, varianceBefore) = Moments(before);
        var (meanAfter, varianceAfter) = Moments(after);
        var likeness = Likeness([.. before.Select(value => value - meanBefore)], [.. after.Select(value => value - meanAfter)]);
        var (partBefore, partAfter) = (varianceBefore / before.Count, varianceAfter / after.Count);
        var error = Math.Sqrt((partBefore + partAfter) * (1 + likeness) / (1 - likeness));
        return Effect.Of(meanAfter - meanBefore, error, StudentT.Point975(Degrees(partBefore, before.Count, partAfter, after.Count)), before.Count + after.Count);
    }

    /// <summary>Welch's degrees of freedom.</summary>
    private static double Degrees(double partBefore, int before, double partAfter, int after)
    {
        var below = (partBefore * partBefore / (before - 1)) + (partAfter * partAfter / (after - 1));
        return below == 0 ? before + after - 2 : Math.Pow(partBefore + partAfter, 2) / below;
    }

    private static (double Mean, double Variance) Moments(IReadOnlyList<double> values)
    {
        var moments = new RunningMoments();
        foreach (var value in values)
            moments.Add(value);
        return (moments.Mean, moments.Variance * values.Count / (values.Count - 1));
    }

    private static double Likeness(params ReadOnlySpan<double[]> sides)
    {
        double together = 0, alone = 0;
        foreach (var residuals in sides)
        {
            for (var i = 1; i < residuals.Length; i++)
                together += residuals[i] * residuals[i - 1];
            alone += residuals.Sum(value => value * value);
        }

        return alone == 0 ? 0 : Math.Clamp(together / alone, 0, MostLikeness);
    }
}
