namespace Apex.Usage.Tools.Concentration;

/// <summary>What <c>concentration</c> found.</summary>
/// <param name="Refusal">Why there is no figure; null when there is.</param>
/// <param name="Count">Distinct values of the dimension.</param>
/// <param name="Gini">0 to 1.</param>
/// <param name="TopTenthCostShare">Cost of the dearest tenth over all named cost.</param>
/// <param name="Curve">Share of things, dearest first, against their share of the cost.</param>
/// <param name="Events">Single dearest requests.</param>
/// <param name="Conversations">Dearest conversations; many requests in a short time hint at a loop.</param>
internal sealed record ConcentrationResult(
    string? Refusal,
    string By,
    long Count,
    decimal CostUsd,
    decimal NamelessCostUsd,
    double Gini,
    double TopHundredthCostShare,
    double TopTwentiethCostShare,
    double TopTenthCostShare,
    decimal? MedianUsd,
    double? TopToMedianRatio,
    IReadOnlyList<LorenzPoint> Curve,
    IReadOnlyList<TopEntity> Top,
    IReadOnlyList<TopEvent> Events,
    IReadOnlyList<TopEntity> Conversations);

internal sealed record LorenzPoint(double CountShare, double CostShare);

/// <param name="RequestsPerMinute">Over the time from its first request to its last; null under two requests.</param>
/// <param name="LooksLikeLoop">At least 100 requests at ten a minute or more.</param>
internal sealed record TopEntity(
    string? Key, decimal CostUsd, double CostShare, long Requests, double? RequestsPerMinute, bool LooksLikeLoop);

internal sealed record TopEvent(
    string EventId, DateTimeOffset StartedAt, string? Model, string? User, string? Feature, long InputTokens, long OutputTokens,
    decimal CostUsd, double CostShare);
