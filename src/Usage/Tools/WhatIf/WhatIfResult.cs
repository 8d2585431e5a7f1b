namespace Apex.Usage.Tools.WhatIf;

/// <summary>What <c>what_if</c> found. Parts of the saving sum to <paramref name="SavingUsd"/> to the nano-dollar; savings of actions alone do not.</summary>
/// <param name="Answered">False when no priced call is in scope; <paramref name="Reason"/> then says so.</param>
/// <param name="Requests">Priced calls replayed.</param>
/// <param name="Days">Calendar days from the first to the last call.</param>
/// <param name="Replays">Choices among the actions, all of them replayed.</param>
/// <param name="AfterUsd">Cost under all actions together.</param>
/// <param name="SavingRatio">Saving by the cost before; below zero when the actions cost more than they save.</param>
/// <param name="SavingUsdPerMonth">Scaled to 30 days.</param>
/// <param name="AloneSumUsd">What adding up single savings would claim.</param>
/// <param name="OverlapUsd">How much of that would be counted more than once.</param>
internal sealed record WhatIfResult(
    bool Answered,
    string? Reason,
    long Requests,
    int Days,
    int Replays,
    decimal BeforeUsd,
    decimal AfterUsd,
    decimal SavingUsd,
    double SavingRatio,
    decimal SavingUsdPerMonth,
    decimal BeforeUsdPerMonth,
    decimal AfterUsdPerMonth,
    decimal AloneSumUsd,
    decimal OverlapUsd,
    IReadOnlyList<WhatIfPart> Actions,
    CheapestChoice Cheapest);

/// <param name="Step">Place in the pipeline, 1 to 8.</param>
/// <param name="TouchedRequests">Calls the action may alter.</param>
/// <param name="PartUsd">Its part of the joint saving, after Shapley.</param>
/// <param name="PartRatio">Part by the cost before.</param>
/// <param name="AloneUsd">What it would save were it the only action.</param>
/// <param name="LastUsd">What it adds when all others are taken already.</param>
/// <param name="Grade">Of this action's replay.</param>
internal sealed record WhatIfPart(
    string Id,
    string Kind,
    string Title,
    int Step,
    long TouchedRequests,
    decimal PartUsd,
    double PartRatio,
    decimal PartUsdPerMonth,
    decimal AloneUsd,
    decimal LastUsd,
    string Grade);

/// <summary>The choice among the actions that costs least; of equal ones, the one with fewest actions.</summary>
internal sealed record CheapestChoice(IReadOnlyList<string> Ids, decimal CostUsd, decimal SavingUsd, decimal SavingUsdPerMonth, bool IsAll);
