namespace Apex.Usage.Tools.BudgetBurn;

/// <summary>What <c>budget_burn</c> found.</summary>
/// <param name="Refusal">Why the question cannot be answered in full; null when it can.</param>
/// <param name="ElapsedShare">Whole days gone by over the period's days.</param>
/// <param name="SpentOfBudget">Spent over budget; null without a budget.</param>
/// <param name="Burn">(spent / budget) / elapsed share: 1 spends evenly, 2 twice as fast.</param>
/// <param name="PaceUsd">What the period costs when its other days cost as much as its whole days so far did; null on its first day.</param>
/// <param name="ForecastUsd">Spent and what the rest of the period will cost.</param>
/// <param name="Status">within, at_risk (chance over budget at least 20 %), over_expected (at least 50 %), exhausted.</param>
/// <param name="OverBudgetChance">0 to 1, from the errors of the forecast on the log's past.</param>
/// <param name="ExhaustedOn">First day on which spend so far and forecast reach the budget; null when not within the period.</param>
/// <param name="EarliestOn">The same by the dearer end of the 80 % band.</param>
/// <param name="LatestOn">The same by the cheaper end.</param>
/// <param name="DailyAllowanceUsd">What may be spent a day from now on to end at the budget.</param>
internal sealed record BudgetBurnResult(
    string? Refusal,
    decimal? BudgetUsd,
    string Period,
    string? From,
    string? To,
    decimal SpentUsd,
    double ElapsedShare,
    double? SpentOfBudget,
    double? Burn,
    decimal? PaceUsd,
    string? Model,
    decimal? ForecastUsd,
    decimal? Low80Usd,
    decimal? High80Usd,
    decimal? OverByUsd,
    string? Status,
    double? OverBudgetChance,
    string? ExhaustedOn,
    string? EarliestOn,
    string? LatestOn,
    decimal? DailyAllowanceUsd,
    IReadOnlyList<BurnDay> Days);

/// <param name="SpentUsd">Running sum of the period's cost; null for days to come.</param>
/// <param name="ForecastUsd">Running sum with the forecast; null for days gone by.</param>
internal sealed record BurnDay(string Day, decimal? SpentUsd, decimal? ForecastUsd, decimal? Low80Usd, decimal? High80Usd);
