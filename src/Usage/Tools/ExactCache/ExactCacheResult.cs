namespace Apex.Usage.Tools.ExactCache;

/// <summary>What <c>exact_cache_sim</c> found.</summary>
/// <param name="Answered">False when no call can be replayed; <paramref name="Reason"/> then says what is missing.</param>
/// <param name="EligibleRequests">Calls the cache may serve and was asked for.</param>
/// <param name="HitShare">Hits of the eligible calls.</param>
/// <param name="HitShareOfAll">Hits of all calls in question.</param>
/// <param name="SavedUsd">Cost of the hits, by the price book.</param>
/// <param name="NetSavingUsd">Saved, less the store's cost over the same days.</param>
/// <param name="UnpricedHits">Hits whose cost is unknown and counted as nothing.</param>
/// <param name="Curve">Every capacity with every lifetime; capacity null: without limit, lifetime null: never expires.</param>
internal sealed record ExactCacheResult(
    bool Answered,
    string? Reason,
    AnswerPolicy Policy,
    long Requests,
    long EligibleRequests,
    long DistinctKeys,
    long Hits,
    double HitShare,
    double HitShareOfAll,
    decimal SavedUsd,
    decimal StoreUsd,
    decimal NetSavingUsd,
    decimal SavingPerMonthUsd,
    long UnpricedHits,
    LatencySaved? Latency,
    int Days,
    IReadOnlyList<FeatureHits> Features,
    IReadOnlyList<RepeatedPrompt> TopPrompts,
    IReadOnlyList<AnswerCurvePoint> Curve);

/// <param name="Renews">on_write: an answer lives so long from its storing; on_use: each hit renews it.</param>
internal sealed record AnswerPolicy(
    long? CapacityEntries, double? TtlMinutes, string Renews, string Scope, string Temperature, decimal StoreUsdPerMonth, double LookupMs);

/// <param name="Hits">Those with a known duration.</param>
internal sealed record LatencySaved(long Hits, double TotalMs, double MeanMs);

internal sealed record FeatureHits(string? Feature, long EligibleRequests, long Hits, double HitShare, decimal SavedUsd);

/// <param name="PromptHash">Salted; no text is kept.</param>
internal sealed record RepeatedPrompt(string PromptHash, string? Model, string? Feature, long Requests, long Hits, decimal SavedUsd, string EventId);

internal sealed record AnswerCurvePoint(long? CapacityEntries, double? TtlMinutes, long Hits, double HitShare, decimal SavedUsd);
