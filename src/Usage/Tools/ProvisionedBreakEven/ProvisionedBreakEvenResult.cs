namespace Apex.Usage.Tools.ProvisionedBreakEven;

/// <summary>What <c>provisioned_break_even</c> found for one model.</summary>
/// <param name="Answered">False without calls, prices or the throughput of a unit; <paramref name="Reason"/> says which.</param>
/// <param name="OutputWeight">Input tokens that one output token counts for.</param>
/// <param name="Minutes">Whole minutes from the first to the last call, idle ones included.</param>
/// <param name="PaygUsd">What the calls cost as they were, by the price book.</param>
/// <param name="Hybrid">Null without a price per unit.</param>
internal sealed record ProvisionedBreakEvenResult(
    bool Answered,
    string? Reason,
    string? Model,
    double OutputWeight,
    long Minutes,
    double MeanPerMinute,
    double P95PerMinute,
    double PeakPerMinute,
    decimal PaygUsd,
    UnitPlan? ForPeak,
    UnitPlan? ForP95,
    HybridPlan? Hybrid);

/// <summary>Units sized for a load; what is above them goes on being paid by use.</summary>
/// <param name="UtilisationShare">Of the units' capacity over the whole time.</param>
/// <param name="CoveredShare">Of the load that fits into the units.</param>
/// <param name="BreakEvenUsdPerUnitHour">Below this price a unit is cheaper than paying for what it covers.</param>
internal sealed record UnitPlan(int Units, double UtilisationShare, double CoveredShare, decimal BreakEvenUsdPerUnitHour);

/// <param name="Units">The number with the least total; 0: paying by use is cheapest.</param>
/// <param name="SavingUsd">Cost by use alone, less the total.</param>
internal sealed record HybridPlan(
    int Units, decimal UnitsUsd, decimal ByUseUsd, decimal TotalUsd, decimal SavingUsd, decimal? SavingPerMonthUsd, double CoveredShare);
