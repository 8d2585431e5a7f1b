namespace Apex.Usage.Tools.NearDuplicate;

/// <summary>What <c>near_duplicate</c> found.</summary>
/// <param name="ExactRepeats">Word for word the same: those are exact_cache_sim's.</param>
/// <param name="PotentialHits">Like an earlier prompt by the threshold.</param>
/// <param name="GatedHits">Of these, with the same numbers, negations and content words in the same order.</param>
/// <param name="SimilarOnly">The rest: alike and not the same; never to be served.</param>
/// <param name="GatedUsd">Cost of the gated hits.</param>
/// <param name="FalseHitBound">Largest plausible share of wrong answers among gated hits; null until a sample was reviewed.</param>
/// <param name="Pairs">A sample drawn by hash of the event id, to be read by a person.</param>
internal sealed record NearDuplicateResult(
    bool Answered,
    string? Reason,
    long Requests,
    long EligibleRequests,
    long ExactRepeats,
    long PotentialHits,
    long GatedHits,
    long SimilarOnly,
    long UngatedForLackOfHash,
    double PotentialShare,
    double GatedShare,
    decimal GatedUsd,
    decimal GatedPerMonthUsd,
    decimal PotentialUsd,
    ReviewedSample? Review,
    double? FalseHitBound,
    IReadOnlyList<DuplicatePair> Pairs);

internal sealed record ReviewedSample(int ReviewedPairs, int WrongPairs);

/// <param name="Gate">passed or similar_only.</param>
internal sealed record DuplicatePair(string EventId, string LikeEventId, string? Feature, string? Model, double Similarity, string Gate);
