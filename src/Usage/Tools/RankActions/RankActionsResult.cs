namespace Apex.Usage.Tools.RankActions;

/// <summary>What <c>rank_actions</c> found. Savings of different actions overlap and must not be added.</summary>
internal sealed record RankActionsResult(IReadOnlyList<RankedAction> Actions, IReadOnlyList<string> EnvelopesRead, int EnvelopesWithoutAction);

/// <param name="Kind">saving: spends less; correction: makes the books right; protection: prevents harm; measurement: makes more knowable.</param>
/// <param name="ValueUsdPerMonth">Lower saving × weight of the grade − run cost; what the order goes by.</param>
/// <param name="SavingLowUsdPerMonth">Lower end of the interval where there is one, else the saving itself.</param>
/// <param name="AmountUsd">One-off money the action is about, for corrections and protections; null for others.</param>
/// <param name="Effort">config, code or contract.</param>
/// <param name="Evidence">Tool and JSON pointer the figures come from.</param>
internal sealed record RankedAction(
    int Rank,
    string Id,
    string Title,
    string Kind,
    decimal ValueUsdPerMonth,
    decimal SavingUsdPerMonth,
    decimal SavingLowUsdPerMonth,
    decimal RunCostUsdPerMonth,
    decimal? AmountUsd,
    string Grade,
    double GradeWeight,
    string Effort,
    bool Reversible,
    string Why,
    ActionEvidence Evidence,
    ActionArtefact Artefact,
    string Rollback,
    string Verification);

internal sealed record ActionEvidence(string Tool, string Pointer, string? QueryId);

/// <param name="Kind">routing_rule, cache_header, batch_job, limit, alert_rule, price_rows, correction_list or logging_change.</param>
/// <param name="Content">Ready to be taken over, as text.</param>
internal sealed record ActionArtefact(string Kind, string Content);
