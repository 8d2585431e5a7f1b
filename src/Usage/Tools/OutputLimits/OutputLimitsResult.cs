namespace Apex.Usage.Tools.OutputLimits;

/// <summary>What <c>output_limits</c> found.</summary>
/// <param name="RunawayUsd">Output beyond three times each group's 99th percentile, over all groups.</param>
internal sealed record OutputLimitsResult(
    long Requests, long TruncatedRequests, long RunawayRequests, decimal RunawayUsd, decimal RunawayPerMonthUsd, int GroupCount,
    IReadOnlyList<OutputGroup> Groups, IReadOnlyList<RunawayRow> Runaways);

/// <param name="TruncatedShare">Answers that ended because they reached their limit.</param>
/// <param name="RunawayAboveTokens">Three times the 99th percentile.</param>
/// <param name="LargestRequestedTokens">The highest limit a call asked for; null where none did.</param>
/// <param name="RequestedToP99">How many times the 99th percentile that is.</param>
/// <param name="SuggestedCapTokens">Three times the 99th percentile in steps of 64: stops runaways and cuts nothing ordinary.</param>
internal sealed record OutputGroup(
    IReadOnlyDictionary<string, string?> Keys, long Requests, double P50Tokens, double P95Tokens, double P99Tokens, long MaxTokens,
    long TruncatedRequests, double TruncatedShare, double RunawayAboveTokens, long RunawayRequests, decimal RunawayUsd, long? LargestRequestedTokens,
    double? RequestedToP99, long SuggestedCapTokens, IReadOnlyList<CapEffect> Caps);

/// <param name="SavingUsd">Output beyond the cap, at the rows' own prices.</param>
internal sealed record CapEffect(long CapTokens, long CutRequests, double CutShare, decimal SavingUsd, decimal SavingPerMonthUsd);

internal sealed record RunawayRow(string EventId, string? Feature, string? Model, long OutputTokens, double P99Tokens, decimal ExcessUsd);
