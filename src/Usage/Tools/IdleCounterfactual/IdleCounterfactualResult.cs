namespace Apex.Usage.Tools.IdleCounterfactual;

/// <summary>What <c>idle_counterfactual</c> found.</summary>
/// <param name="IdleSteps">Calls a user made after a pause in a conversation whose prompts were cached.</param>
/// <param name="ShiftedTokens">Tokens paid anew after the pause that the conversation had sent before.</param>
/// <param name="UpperBoundUsd">What these would have cost less as cache reads: no cache can save more.</param>
/// <param name="Pauses">By length.</param>
internal sealed record IdleCounterfactualResult(
    bool Answered,
    string? Reason,
    long Conversations,
    long Requests,
    long CachedRequests,
    long IdleSteps,
    double IdleStepShare,
    long AppendTokens,
    long ShiftedTokens,
    decimal UpperBoundUsd,
    decimal UpperBoundPerMonthUsd,
    double InputCostShare,
    IReadOnlyList<PauseClass> Pauses,
    IReadOnlyList<IdleFeature> Features);

/// <param name="UpToMinutes">Null: beyond the last.</param>
internal sealed record PauseClass(double? UpToMinutes, long Steps, long ShiftedTokens, decimal UpperBoundUsd);

internal sealed record IdleFeature(string? Feature, long Steps, long ShiftedTokens, decimal UpperBoundUsd);
