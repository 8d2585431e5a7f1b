using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ProvisionedBreakEven;

/// <summary>Units against a load: how many it takes, what they are worth, and how many are cheapest together with paying by use.</summary>
/// <param name="PerUnit">Input-equivalent tokens a unit takes in a minute.</param>
/// <param name="Minimum">Fewest units that can be bought.</param>
/// <param name="Step">Units come in multiples of it above the minimum.</param>
internal sealed record UnitSizing(MinuteLoads Loads, double PaygUsd, double PerUnit, int Minimum, int Step)
{
    private double Hours => Loads.Minutes / 60.0;

    private double UsdPerToken => Loads.Sum == 0 ? 0 : PaygUsd / Loads.Sum;

    public int UnitsFor(double load)
    {
        var needed = (int)Math.Min(int.MaxValue / 2, Math.Ceiling(load / PerUnit));
        return needed <= Minimum ? Minimum : Minimum + ((needed - Minimum + Step - 1) / Step * Step);
    }

    public UnitPlan Plan(int units)
    {
        var covered = Loads.Sum - Loads.Above(units * PerUnit);
        return new UnitPlan(
            units, Math.Clamp(Figures.Share(covered, units * PerUnit * Loads.Minutes), 0, 1), Math.Clamp(Figures.Share(covered, Loads.Sum), 0, 1),
            decimal.Round((decimal)(covered * UsdPerToken / (units * Hours)), 6));
    }

    /// <summary>The total falls and then rises with the units (it is convex), but the minimum breaks that at 0, so every step is weighed.</summary>
    public (int Units, double Total) Cheapest(double unitUsdPerHour)
    {
        var best = (Units: 0, Total: PaygUsd);
        for (long units = Minimum; units <= UnitsFor(Loads.At(1)); units += Step)
            if (Total((int)units, unitUsdPerHour) is var total && total < best.Total)
                best = ((int)units, total);
        return best;
    }

    public double Total(int units, double unitUsdPerHour) => (units * unitUsdPerHour * Hours) + ByUse(units);

    public double ByUse(int units) => Loads.Above(units * PerUnit) * UsdPerToken;
}
