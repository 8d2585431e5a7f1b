namespace Apex.Usage.Tools.Sufficiency;

/// <summary>What <c>sufficiency</c> found.</summary>
/// <param name="Answerable">full (completeness of 0.8 or more), partial (0.4 or more) or none.</param>
/// <param name="Completeness">Weighted share of what the question needs that the log has, 0 to 1.</param>
/// <param name="Missing">Needs that are not met, the most telling first.</param>
/// <param name="SmallestNext">The one step that helps most for its effort; null when nothing is missing.</param>
internal sealed record SufficiencyResult(
    string Intent,
    string Answerable,
    double Completeness,
    long Rows,
    int Days,
    double PricedShare,
    IReadOnlyList<NeedRow> Needs,
    IReadOnlyList<NeedRow> Missing,
    NextStep? SmallestNext);

/// <param name="Have">Rows, days, or the share of rows, by <paramref name="Kind"/>.</param>
/// <param name="Kind">rows, days, priced or field.</param>
internal sealed record NeedRow(string Name, string Kind, double Have, double Need, bool Met, double Weight, string Why, string Step);

internal sealed record NextStep(string Name, string Step, double CompletenessAfter);
