namespace Apex.Usage.Tools.Statistics;

/// <summary>A point of a robust fit. Only points of the same stratum are compared.</summary>
internal readonly record struct StratifiedPoint(int Stratum, double X, double Y);

/// <summary>Median slope with Sen's 95 % interval.</summary>
internal sealed record Slope(double Value, double Low, double High, long Pairs);

/// <summary>
/// The Theil–Sen slope, the median of the slopes of all pairs of points (Theil 1950, Sen 1968), here of pairs within a stratum, so that
/// what differs between strata cannot confound it. The interval comes from the variance of Kendall's score, summed over the
/// strata (Hirsch and Slack 1984). Half of the points may be wild without moving it far.
/// </summary>
internal static class TheilSen
{
    private const double Normal975 = 1.959963984540054;

    /// <summary>Null when no two points of a stratum differ in x.</summary>
    public static Slope? Fit(IReadOnlyList<StratifiedPoint> points)
    {
        var slopes = new List<double>();
        double variance = 0;
        foreach (var stratum in points.GroupBy(point => point.Stratum))
        {
            var members = stratum.ToList();
            for (var i = 0; i < members.Count; i++)
                for (var j = i + 1; j < members.Count; j++)
                    if (members[i].X != members[j].X)
                        slopes.Add((members[j].Y - members[i].Y) / (members[j].X - members[i].X));
            variance += members.Count * (members.Count - 1.0) * ((2.0 * members.Count) + 5) / 18;
        }

        if (slopes.Count == 0)
            return null;
        slopes.Sort();
        var reach = Normal975 * Math.Sqrt(variance);
        return new Slope(
            Quantile.Of(slopes, 0.5), slopes[At((slopes.Count - reach) / 2)], slopes[At((slopes.Count + reach) / 2)], slopes.Count);

        int At(double rank) => (int)Math.Clamp(Math.Round(rank), 0, slopes.Count - 1);
    }
}
