namespace Apex.Usage.Tools.Statistics;

/// <summary>The t distribution's 97.5 % point, for intervals over few days.</summary>
internal static class StudentT
{
    private const double Normal975 = 1.959963984540054;

    /// <summary>Fisher's expansion around the normal point: within 0.002 from 5 degrees of freedom on.</summary>
    /// <param name="degrees">Of freedom, taken as 5 where fewer.</param>
    public static double Point975(double degrees)
    {
        const double z = Normal975;
        const double z3 = z * z * z;
        const double z5 = z3 * z * z;
        const double z7 = z5 * z * z;
        var n = Math.Max(5, degrees);
        return z + ((z3 + z) / (4 * n)) + (((5 * z5) + (16 * z3) + (3 * z)) / (96 * n * n))
            + (((3 * z7) + (19 * z5) + (17 * z3) - (15 * z)) / (384 * n * n * n));
    }
}
