namespace Apex.Usage.Tools.ChangePoints;

/// <summary>What <c>change_points</c> found.</summary>
/// <param name="Days">Days with a priced request that cost something.</param>
/// <param name="Segments">Spans between the breaks, with the median day's cost per request.</param>
internal sealed record ChangePointsResult(
    int Days, IReadOnlyList<BreakFound> Breaks, IReadOnlyList<CostSegment> Segments, IReadOnlyList<CostPoint> Series);

/// <param name="Day">First day of the new level.</param>
/// <param name="ChangeRatio">After over before, less one: 0.5 is half as much again.</param>
/// <param name="Strength">How far the cut passes the penalty; 1 would just pass.</param>
/// <param name="ComparedDays">Calendar days on each side that the drivers are taken from.</param>
/// <param name="Driver">The effect that moved the cost of a request most; null where nothing is known.</param>
/// <param name="Effects">Change of dollars a day by effect, volume apart, between those days.</param>
/// <param name="LeadingGroups">Groups that moved most.</param>
internal sealed record BreakFound(
    string Day,
    decimal BeforeUsdPerRequest,
    decimal AfterUsdPerRequest,
    double ChangeRatio,
    double Strength,
    int ComparedDays,
    string? Driver,
    IReadOnlyDictionary<string, decimal> Effects,
    IReadOnlyList<BreakGroup> LeadingGroups);

internal sealed record BreakGroup(IReadOnlyDictionary<string, string?> Keys, string LeadingEffect, decimal ChangePerDayUsd);

internal sealed record CostSegment(string From, string To, int Days, decimal UsdPerRequest);

internal sealed record CostPoint(string Day, decimal UsdPerRequest, decimal SegmentUsdPerRequest);
