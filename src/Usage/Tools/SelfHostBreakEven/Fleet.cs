using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.SelfHostBreakEven;

/// <summary>GPUs of one's own against a load: how many it takes, what they cost, and when that is less than paying by use.</summary>
/// <param name="ByUseUsd">What the whole load costs by use.</param>
/// <param name="PerSecond">Load tokens a GPU takes in a second.</param>
/// <param name="Step">GPUs come in multiples of it: what one copy of the model needs.</param>
internal sealed record Fleet(MinuteLoads Loads, double ByUseUsd, double PerSecond, double GpuUsdPerHour, double StaffUsdPerMonth, int Minimum, int Step)
{
    /// <summary>A month of 365.25 / 12 days.</summary>
    public const double HoursPerMonth = 730.5;

    private static readonly double[] Utilisations = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1];

    private double Hours => Loads.Minutes / 60.0;

    private double UsdPerToken => ByUseUsd / Loads.Sum;

    public int GpusFor(double perMinute)
    {
        var needed = Math.Max(Minimum, Math.Ceiling(perMinute / (PerSecond * 60)));
        return (int)(Math.Ceiling(needed / Step) * Step);
    }

    public FleetPlan Plan(int gpus)
    {
        var beyond = Loads.Above(gpus * PerSecond * 60);
        var covered = Loads.Sum - beyond;
        var (gpuUsd, staffUsd, byUse) = (Usd(gpus * GpuUsdPerHour * Hours), Usd(StaffUsdPerMonth / HoursPerMonth * Hours), Usd(beyond * UsdPerToken));
        var total = gpuUsd + staffUsd + byUse;
        var saving = Usd(ByUseUsd) - total;
        return new FleetPlan(
            gpus, Math.Clamp(Figures.Share(covered, gpus * PerSecond * 60 * Loads.Minutes), 0, 1), Math.Clamp(Figures.Share(covered, Loads.Sum), 0, 1),
            gpuUsd, staffUsd, byUse, total, covered <= 0 ? null : Usd((double)(gpuUsd + staffUsd) / covered * 1e6), saving,
            Hours < 24 ? null : decimal.Round(saving / (decimal)Hours * 24 * 30, 6));
    }

    public BreakEven Crossing(FleetPlan plan)
    {
        // Cost of an hour against what a fully used hour is worth by use.
        var hour = (plan.Gpus * GpuUsdPerHour) + (StaffUsdPerMonth / HoursPerMonth);
        var fullTokens = plan.Gpus * PerSecond * 3_600;
        var crossing = hour / (fullTokens * UsdPerToken);
        return new BreakEven(
            Figures.Share(crossing), crossing > 1 || plan.UtilisationShare <= 0 ? null : Figures.Number(crossing / plan.UtilisationShare),
            [
                .. Utilisations.Select(share => new UtilisationCost(
                    share, Usd(hour / (fullTokens * share) * 1e6), hour / (fullTokens * share) < UsdPerToken)),
            ]);
    }

    private static decimal Usd(double usd) => decimal.Round((decimal)usd, 6);
}
