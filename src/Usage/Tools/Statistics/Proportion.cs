namespace Apex.Usage.Tools.Statistics;

/// <summary>Intervals of a share seen in n tries.</summary>
internal static class Proportion
{
    private const double Normal975 = 1.959963984540054;

    /// <summary>Wilson's 95 % score interval, which stays within 0 and 1 and holds for rare events; null of no tries.</summary>
    public static Interval? Wilson(long hits, long tries)
    {
        if (tries <= 0)
            return null;
        var z2 = Normal975 * Normal975;
        var share = (double)hits / tries;
        var centre = share + (z2 / (2 * tries));
        var spread = Normal975 * Math.Sqrt((share * (1 - share) / tries) + (z2 / (4.0 * tries * tries)));
        var scale = 1 + (z2 / tries);
        return new Interval(
            Math.Max(0, Math.Round((centre - spread) / scale, 6)), Math.Min(1, Math.Round((centre + spread) / scale, 6)));
    }
}
