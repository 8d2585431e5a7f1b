namespace Apex.Usage.Tools.Statistics;

/// <summary>Ranks whose values enclose a percentile with 95 % confidence, free of any assumption about the distribution.</summary>
internal static class OrderStatistics
{
    private const double Tail = 0.025;
    private const long ExactUpTo = 2_000;
    private const double Normal975 = 1.959963984540054;

    /// <summary>Null when so few rows cannot enclose the percentile at all.</summary>
    /// <returns>Ranks from 1 to n.</returns>
    public static (long Low, long High)? Ranks(long n, double p)
    {
        if (n < 6)
            return null;
        var (low, high) = n <= ExactUpTo ? Exact((int)n, p) : Approximate(n, p);
        return low < 1 || high > n ? null : (low, high);
    }

    /// <summary>The largest l with P(B &lt; l) ≤ 2.5 % and the smallest u with P(B ≥ u) ≤ 2.5 %, B binomial (n, p).</summary>
    private static (long Low, long High) Exact(int n, double p)
    {
        var below = 0.0;
        long low = 0;
        long high = n + 1;
        var logP = Math.Log(p);
        var logQ = Math.Log(1 - p);
        var logChoose = 0.0;
        for (var k = 0; k <= n; k++)
        {
            // Here 'below' is P(B < k).
            if (below <= Tail)
                low = k;
            if (1 - below <= Tail)
            {
                high = k;
                break;
            }

            below += Math.Exp(logChoose + (k * logP) + ((n - k) * logQ));
            logChoose += Math.Log(n - k) - Math.Log(k + 1);
        }

        return (low, high);
    }

    private static (long Low, long High) Approximate(long n, double p)
    {
        var spread = Normal975 * Math.Sqrt(n * p * (1 - p));
        return ((long)Math.Floor((n * p) - spread), (long)Math.Ceiling((n * p) + spread) + 1);
    }
}
