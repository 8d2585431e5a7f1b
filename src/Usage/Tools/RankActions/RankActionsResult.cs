namespace Apex.Usage.Tools.RankActions;

/// <summary>What <c>rank_actions</c> found. Savings of different actions overlap and must not be added.</summary>
/// <param name="JointSavingUsdPerMonth">What the actions replayed by <c>what_if</c> save together; null when no such envelope was given.</param>
internal sealed record RankActionsResult(
    IReadOnlyList<RankedAction> Actions, decimal? JointSavingUsdPerMonth, IReadOnlyList<string> EnvelopesRead, int EnvelopesWithoutAction);

/// <param name="Kind">saving: spends less; correction: makes the books right; protection: prevents harm; measurement: makes more knowable.</param>
/// <param name="ValueUsdPerMonth">Lower saving × weight of the grade − run cost; what the order goes by.</param>
/// <param name="SavingLowUsdPerMonth">Lower end of the interval where there is one, else the saving itself.</param>
/// <param name="AmountUsd">One-off money the action is about, for corrections and protections; null for others.</param>
/// <param name="JointPartUsdPerMonth">Shapley part of the joint saving that <c>what_if</c> gives this kind of change; null when it replayed none.</param>
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
    decimal? JointPartUsdPerMonth,
    string Grade,
    double GradeWeight,
    string Effort,
    bool Reversible,
    string Why,
    ActionEvidence Evidence,
    ActionArtefact Artefact,
    string Rollback,
    string Verification,
    VerificationPlan VerificationPlan);

internal sealed record ActionEvidence(string Tool, string Pointer, string? QueryId);

/// <param name="Tool">To be asked once the action has been in force for a while.</param>
/// <param name="Arguments">Filled in as far as they are known today.</param>
internal sealed record VerificationPlan(string Tool, PlanArguments Arguments, string Then);

internal sealed record PlanArguments(IReadOnlyList<PlanFilter> Filters);

internal sealed record PlanFilter(string Dimension, string Operator, IReadOnlyList<string> Values)
{
    /// <summary>Nothing where no value is known.</summary>
    public static IReadOnlyList<PlanFilter> In(string dimension, IEnumerable<string?> values) =>
        values.OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList() is { Count: > 0 } known ? [new PlanFilter(dimension, "in", known)] : [];
}

/// <param name="Kind">routing_rule, cache_header, cache_rule, batch_job, limit, retry_rule, request_change, commitment, alert_rule, price_rows, correction_list or logging_change.</param>
/// <param name="Content">Ready to be taken over, as text.</param>
internal sealed record ActionArtefact(string Kind, string Content);
