namespace Apex.Usage.Tools.RankActions;

/// <summary>An action before it is ranked.</summary>
internal sealed record CandidateAction
{
    public required string Id { get; init; }
    public required string Title { get; init; }
    public required string Kind { get; init; }
    public decimal SavingUsdPerMonth { get; init; }
    public decimal? SavingLowUsdPerMonth { get; init; }
    public decimal RunCostUsdPerMonth { get; init; }
    public decimal? AmountUsd { get; init; }
    public required Grade Grade { get; init; }
    public string Effort { get; init; } = "config";
    public bool Reversible { get; init; } = true;
    public required string Why { get; init; }
    public required ActionEvidence Evidence { get; init; }
    public required ActionArtefact Artefact { get; init; }
    public required string Rollback { get; init; }
    public required string Verification { get; init; }

    /// <summary>Calls the action changes, by which its saving is verified; empty: all.</summary>
    public IReadOnlyList<PlanFilter> Scope { get; init; } = [];

    /// <summary>Kind of <c>what_if</c>'s action that replays the same change; null when none does.</summary>
    public string? ReplayedAs { get; init; }

    private decimal Low => SavingLowUsdPerMonth ?? SavingUsdPerMonth;

    private decimal Value => decimal.Round((Low * (decimal)Weight(Grade)) - RunCostUsdPerMonth, 9);

    /// <summary>By value; ties by effort, by whether it can be undone, by the one-off amount, by id.</summary>
    public static IReadOnlyList<RankedAction> Rank(IEnumerable<CandidateAction> candidates, JointSaving? joint) => candidates
        .OrderByDescending(action => action.Value)
        .ThenBy(action => action.Effort switch { "config" => 0, "code" => 1, _ => 2 })
        .ThenByDescending(action => action.Reversible)
        .ThenByDescending(action => action.AmountUsd ?? 0)
        .ThenBy(action => action.Id, StringComparer.Ordinal)
        .Select((action, index) => action.Ranked(index + 1, joint)).ToList();

    /// <summary>An indication is worth nothing until an experiment has shown it.</summary>
    private static double Weight(Grade grade) => grade switch
    {
        Grade.A => 1,
        Grade.B => 0.9,
        Grade.C => 0.5,
        _ => 0,
    };

    private RankedAction Ranked(int rank, JointSaving? joint) => new(
        rank, Id, Title, Kind, Value, SavingUsdPerMonth, Low, RunCostUsdPerMonth, AmountUsd, joint?.PartOf(Id, ReplayedAs), Grade.ToString(),
        Weight(Grade), Effort, Reversible, Why, Evidence, Artefact, Rollback, Verification, Plan());

    /// <summary>A saving is verified by its money; everything else by asking again the tool that found it.</summary>
    private VerificationPlan Plan() => Kind == "saving"
        ? new VerificationPlan("savings_verification", new PlanArguments(Scope), "Give it change_date, the first day with the change; where a part of the traffic stays as it was, split_by and treated too.")
        : new VerificationPlan(Evidence.Tool, new PlanArguments(Scope), "Ask again over the days after the change.");
}
