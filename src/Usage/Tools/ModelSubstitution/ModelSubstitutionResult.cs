namespace Apex.Usage.Tools.ModelSubstitution;

/// <summary>What <c>model_substitution</c> found. Savings of different segments add up: each segment changes to one model.</summary>
/// <param name="Answered">False without priced calls or without a candidate; <paramref name="Reason"/> says which.</param>
/// <param name="PricedAt">Both sides are priced at this moment, the last row's: what the change would save from now on.</param>
/// <param name="SavingUsd">Sum over the segments' suggested models, over the window.</param>
/// <param name="SavingLowUsd">The same when the new models write as much more as the band allows.</param>
internal sealed record ModelSubstitutionResult(
    bool Answered,
    string? Reason,
    DateTimeOffset? PricedAt,
    double QualityMargin,
    double Band,
    decimal SavingUsd,
    decimal SavingLowUsd,
    decimal SavingHighUsd,
    decimal? SavingPerMonthUsd,
    decimal? SavingLowPerMonthUsd,
    IReadOnlyList<Segment> Segments,
    int SegmentsNotShown);

/// <summary>The calls of one feature on one model.</summary>
/// <param name="CostUsd">As it was, by the price book.</param>
/// <param name="CostNowUsd">The same tokens at the prices of <c>priced_at</c>.</param>
/// <param name="InputP999Tokens">What a candidate's context must hold.</param>
/// <param name="Needs">Abilities the calls used.</param>
/// <param name="Suggested">The cheapest candidate that keeps the quality and saves even at the band's dear end; null when none does.</param>
internal sealed record Segment(
    string? Feature,
    string Model,
    long Requests,
    decimal CostUsd,
    decimal CostNowUsd,
    double InputP999Tokens,
    IReadOnlyList<string> Needs,
    Quality? Quality,
    string? Suggested,
    IReadOnlyList<Substitute> Candidates,
    IReadOnlyList<Rejected> Rejected);

/// <param name="Basis">own_evals: mean quality_score; own_outcomes: share of good outcomes; public_prior: as given.</param>
internal sealed record Quality(double Value, string Basis, long Rows);

/// <param name="Verdict">keeps: the quality is at most the margin below; loses: it is lower; unknown: no quality of the same kind is known for both.</param>
/// <param name="ShadowTestPerArm">Judged answers each model needs to show that the quality falls by no more than the margin (one-sided 5 %, power 80 %).</param>
internal sealed record Substitute(
    string Model,
    decimal CostUsd,
    decimal SavingUsd,
    decimal SavingLowUsd,
    decimal SavingHighUsd,
    decimal? SavingPerMonthUsd,
    Quality? Quality,
    string Verdict,
    string Grade,
    long ShadowTestPerArm,
    IReadOnlyList<string> Notes);

internal sealed record Rejected(string Model, string Reason);
