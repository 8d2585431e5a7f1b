namespace Apex.Usage.Tools.ReasoningShare;

/// <summary>What <c>reasoning_share</c> found.</summary>
/// <param name="ReasoningShareOfCost">Cost of reasoning tokens of all cost by the price book.</param>
/// <param name="SavingUsd">Over the features asked about: what the calls at higher effort cost beyond the cheapest effort measured.</param>
internal sealed record ReasoningShareResult(
    long Requests, long ReasoningRequests, long ReasoningTokens, decimal ReasoningUsd, double ReasoningShareOfCost, bool EffortIsLogged,
    decimal SavingUsd, decimal SavingPerMonthUsd, IReadOnlyList<ReasoningGroup> Groups);

/// <param name="ReasoningShareOfOutput">Reasoning tokens of all output tokens.</param>
/// <param name="CheapestEffort">Null unless two efforts have enough calls.</param>
/// <param name="SavingUsd">At the cheapest effort measured; null when none can be told.</param>
internal sealed record ReasoningGroup(
    IReadOnlyDictionary<string, string?> Keys, long Requests, long ReasoningTokens, double ReasoningShareOfOutput, decimal ReasoningUsd,
    double ReasoningShareOfCost, IReadOnlyList<EffortLevel> Efforts, string? CheapestEffort, decimal? SavingUsd, decimal? SavingPerMonthUsd);

/// <param name="Effort">As logged; null: not logged.</param>
/// <param name="MeanOutputUsd">Output side of a call, reasoning included.</param>
/// <param name="MeanQuality">Over the judged calls; null when none is.</param>
internal sealed record EffortLevel(
    string? Effort, long Requests, double MeanReasoningTokens, double MeanVisibleTokens, decimal MeanOutputUsd, double? MeanQuality, long JudgedRequests);
