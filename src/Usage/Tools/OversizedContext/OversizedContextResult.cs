namespace Apex.Usage.Tools.OversizedContext;

/// <summary>What <c>oversized_context</c> found.</summary>
/// <param name="AtStakeUsd">Per call the larger of what its tier crossing and its length beyond the feature's usual cost; never both.</param>
/// <param name="Groups">By feature and model, most at stake first.</param>
/// <param name="Rows">The single calls with most at stake.</param>
internal sealed record OversizedContextResult(
    NearLimit NearLimit,
    TierCrossing TierCrossing,
    Unbalanced Unbalanced,
    decimal AtStakeUsd,
    decimal AtStakePerMonthUsd,
    IReadOnlyList<OversizedGroup> Groups,
    IReadOnlyList<OversizedRow> Rows);

/// <param name="OverLimitRequests">Those above the model's limit: the vendor refuses them.</param>
/// <param name="UnknownLimitRequests">Calls of models whose limit the price book does not tell.</param>
internal sealed record NearLimit(long Requests, long OverLimitRequests, long UnknownLimitRequests, decimal CostUsd);

/// <param name="ExcessUsd">What these calls cost more than with their input cut to the threshold.</param>
internal sealed record TierCrossing(long Requests, decimal ExcessUsd, IReadOnlyList<CrossedTier> Tiers);

internal sealed record CrossedTier(string Model, int AboveTokens, long Requests, decimal ExcessUsd);

/// <param name="ExcessUsd">What the input beyond the feature's median costs.</param>
internal sealed record Unbalanced(long Requests, decimal ExcessUsd);

internal sealed record OversizedGroup(
    string? Feature, string? Model, long NearLimitRequests, long CrossingRequests, long UnbalancedRequests, decimal AtStakeUsd,
    double MedianInputTokens, double MedianOutputTokens);

/// <param name="Reasons">near_limit, tier_crossing, unbalanced.</param>
internal sealed record OversizedRow(
    string EventId, string? Feature, string? Model, long InputTokens, long OutputTokens, IReadOnlyList<string> Reasons, decimal AtStakeUsd);
