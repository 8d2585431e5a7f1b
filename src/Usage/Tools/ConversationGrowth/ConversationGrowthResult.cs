namespace Apex.Usage.Tools.ConversationGrowth;

/// <summary>What <c>conversation_growth</c> found.</summary>
/// <param name="ResentTokens">Input that the conversation had sent or received before.</param>
/// <param name="RedundancyShare">Resent tokens of all input tokens.</param>
/// <param name="ResentUsd">What the resent tokens cost, as billed.</param>
/// <param name="ShrunkTurns">Turns whose prompt was shorter than the one before: the client trims, or the turns are no one talk.</param>
/// <param name="Policies">In the order given; their savings overlap and must not be added.</param>
internal sealed record ConversationGrowthResult(
    bool Answered,
    string? Reason,
    long Conversations,
    long Turns,
    double MeanTurns,
    long InputTokens,
    long ResentTokens,
    double RedundancyShare,
    decimal InputUsd,
    decimal ResentUsd,
    long ShrunkTurns,
    IReadOnlyList<TurnGrowth> ByTurn,
    IReadOnlyList<GrowthPolicy> Policies,
    IReadOnlyList<FeatureGrowth> Features);

/// <param name="Turn">From 1; the last entry holds all turns from its number on.</param>
internal sealed record TurnGrowth(int Turn, long Turns, double MeanInputTokens, double ResentShare);

/// <param name="Policy">keep_last: the first turn and the last so many; summarise: the history becomes a summary past so many tokens.</param>
/// <param name="SummaryUsd">Cost of making the summaries, already taken off the saving.</param>
internal sealed record GrowthPolicy(
    string Policy, int? KeepTurns, int? AtTokens, long TurnsTouched, double TurnsTouchedShare, long Summaries, decimal SummaryUsd, long InputTokens,
    decimal SavingUsd, double SavingShare, decimal SavingPerMonthUsd);

internal sealed record FeatureGrowth(string? Feature, long Turns, long InputTokens, long ResentTokens, double RedundancyShare, decimal ResentUsd);
