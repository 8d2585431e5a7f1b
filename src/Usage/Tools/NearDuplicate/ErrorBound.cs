namespace Apex.Usage.Tools.NearDuplicate;

/// <summary>How large a share of wrong answers may be when a sample held so many.</summary>
internal static class ErrorBound
{
    private const double Risk = 0.05;

    /// <summary>Clopper and Pearson's upper end, one-sided at 95 %: the share at which so few wrong ones would be a matter of 5 %.</summary>
    public static double Upper(int wrong, int reviewed)
    {
        if (reviewed == 0 || wrong >= reviewed)
            return 1;
        var (low, high) = ((double)wrong / reviewed, 1.0);
        for (var step = 0; step < 60; step++)
        {
            var middle = (low + high) / 2;
            if (AtMost(wrong, reviewed, middle) > Risk)
                low = middle;
            else
                high = middle;
        }

        return high;
    }

    /// <summary>Wilson's 95 % interval of a share.</summary>
    public static (double Low, double High) Wilson(long hits, long all)
    {
        const double z = 1.959963984540054;
        if (all == 0)
            return (0, 1);
        var share = (double)hits / all;
        var middle = share + (z * z / (2 * all));
        var spread = z * Math.Sqrt((share * (1 - share) / all) + (z * z / (4.0 * all * all)));
        var scale = 1 + (z * z / all);
        return (Math.Max(0, (middle - spread) / scale), Math.Min(1, (middle + spread) / scale));
    }

    private static double AtMost(int wrong, int reviewed, double share)
    {
        var (sum, logChoose) = (0.0, 0.0);
        for (var k = 0; k <= wrong; k++)
        {
            sum += Math.Exp(logChoose + (k * Math.Log(share)) + ((reviewed - k) * Math.Log(1 - share)));
            logChoose += Math.Log(reviewed - k) - Math.Log(k + 1);
        }

        return sum;
    }
}
