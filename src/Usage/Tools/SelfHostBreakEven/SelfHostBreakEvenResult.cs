namespace Apex.Usage.Tools.SelfHostBreakEven;

/// <summary>What <c>self_host_break_even</c> found for one model. A load token is an uncached input token, or output_weight of an output token.</summary>
/// <param name="Answered">False without calls, prices, or the throughput and price of a GPU; <paramref name="Reason"/> says which.</param>
/// <param name="NeededP95PerSecond">Load tokens a second that 95 % of the minutes need, idle ones counted.</param>
/// <param name="ByUseUsd">What the calls cost as they were, by the price book.</param>
/// <param name="ByUseUsdPerMillion">The same for a million load tokens.</param>
/// <param name="NeededPerGpuPerSecond">Throughput at which a GPU in use all the time costs what paying by use does, staff left out; null without its price.</param>
/// <param name="ForP95">GPUs that take 95 % of the minutes whole; the rest is paid by use.</param>
internal sealed record SelfHostBreakEvenResult(
    bool Answered,
    string? Reason,
    string? Model,
    long Minutes,
    double MeanPerSecond,
    double NeededP95PerSecond,
    double NeededPeakPerSecond,
    decimal ByUseUsd,
    decimal? ByUseUsdPerMillion,
    double? NeededPerGpuPerSecond,
    FleetPlan? ForP95,
    FleetPlan? ForPeak,
    BreakEven? BreakEven);

/// <param name="UtilisationShare">Of the GPUs' throughput over the whole time.</param>
/// <param name="CoveredShare">Of the load that the GPUs take.</param>
/// <param name="UsdPerMillion">GPUs and staff, by the load they take.</param>
/// <param name="SavingUsd">Cost by use alone, less the total; negative where hosting is dearer.</param>
internal sealed record FleetPlan(
    int Gpus,
    double UtilisationShare,
    double CoveredShare,
    decimal GpuUsd,
    decimal StaffUsd,
    decimal ByUseUsd,
    decimal TotalUsd,
    decimal? UsdPerMillion,
    decimal SavingUsd,
    decimal? SavingPerMonthUsd);

/// <summary>Where hosting on the GPUs for the 95th percentile costs what paying by use does.</summary>
/// <param name="Utilisation">Of those GPUs; above 1: however busy they are, hosting is dearer.</param>
/// <param name="LoadMultiple">How many times today's load, on the same GPUs; null where they would have to be more than fully used.</param>
/// <param name="ByUtilisation">Cost of a million load tokens, GPUs and staff.</param>
internal sealed record BreakEven(double Utilisation, double? LoadMultiple, IReadOnlyList<UtilisationCost> ByUtilisation);

internal sealed record UtilisationCost(double UtilisationShare, decimal UsdPerMillion, bool IsCheaperThanByUse);
