namespace Apex.Usage.Tools.UnitEconomics;

/// <summary>What <c>unit_economics</c> found.</summary>
/// <param name="Refusal">Why there is no figure; null when there is.</param>
/// <param name="CountedBy">What the interval takes as drawn anew: day, or the unit itself.</param>
/// <param name="Groups">The dearest first.</param>
internal sealed record UnitEconomicsResult(
    string? Refusal, string Unit, string CountedBy, UnitFigures? Total, IReadOnlyList<UnitGroup> Groups, long GroupsNotShown);

/// <param name="CostPerUnitUsd">Σcost / Σunits.</param>
/// <param name="MeanOfRatiosUsd">Mean of each cluster's own ratio: not the cost of a unit, shown against mistaking one for the other.</param>
/// <param name="MarginUsd">Revenue per unit less cost; null where no revenue was given.</param>
/// <param name="MarginRatio">Margin over revenue.</param>
internal sealed record UnitFigures(
    double Units, long Requests, decimal CostUsd, decimal? CostPerUnitUsd, Interval? Ci95, decimal? MeanOfRatiosUsd, double? RequestsPerUnit,
    decimal? MarginUsd, double? MarginRatio);

internal sealed record UnitGroup(IReadOnlyDictionary<string, string?> Keys, UnitFigures Figures);
