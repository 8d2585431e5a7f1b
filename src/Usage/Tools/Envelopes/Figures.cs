using Apex.Usage.Events;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>Rounding of figures, so that equal questions print equal digits.</summary>
internal static class Figures
{
    /// <summary>Six digits after the point.</summary>
    public static double Share(double share) => Math.Round(share, 6);

    /// <summary>Zero when the whole is zero.</summary>
    public static double Share(double part, double whole) => whole == 0 ? 0 : Share(part / whole);

    public static double Share(NanoDollars part, NanoDollars whole) => Share(part.Value, whole.Value);

    /// <summary>Three digits after the point.</summary>
    public static double Number(double number) => Math.Round(number, 3);

    /// <summary>Dollars per <paramref name="per"/> units, to a nano-dollar; null when there are no units.</summary>
    public static decimal? Unit(NanoDollars cost, long units, long per) =>
        units == 0 ? null : decimal.Round(cost.Dollars * per / units, 9);
}
