using System.Text.Json;
using Apex.Agents.Subagents;

namespace Apex.Agents.Execution;

/// <summary>
/// What a run knows after a step: everything needed to go on from there after a crash. Stored step by step, each time what was added.
/// </summary>
/// <param name="Version">Raised when the shape or its meaning changes; another version's state is not read.</param>
/// <param name="Done">Sub-agents that ended, in order, whether well or not; since the user last added something.</param>
/// <param name="Calls">Every finished tool call with its result, in the order asked.</param>
internal sealed record SupervisorState(
    int Version,
    IReadOnlyList<string> Done,
    IReadOnlyDictionary<string, SubagentFindings> Findings,
    IReadOnlyList<ToolCallResult> Calls,
    IReadOnlyList<string> Failures)
{
    public const int CurrentVersion = 3;

    public static SupervisorState Empty { get; } =
        new(CurrentVersion, [], new Dictionary<string, SubagentFindings>(), [], []);

    /// <summary>Steps that ended, over all rounds: the number of the checkpoint.</summary>
    public int Steps { get; init; }

    /// <summary>Added to the number of a step within its round: no two steps of a run share an invocation or a place in the ledger.</summary>
    public int Base { get; init; }

    /// <summary>What the run has taken in of what the user added, each with the plan that was in force before.</summary>
    public IReadOnlyList<TakenSteer> Taken { get; init; } = [];

    /// <param name="checkpoints">What the steps left, in order; none on a first start.</param>
    /// <exception cref="InvalidDataException">One was written by another version.</exception>
    public static SupervisorState Read(IReadOnlyList<JsonElement> checkpoints)
    {
        var state = Empty;
        foreach (var checkpoint in checkpoints)
        {
            var step = checkpoint.Deserialize(AgentsJson.Default.SupervisorState)
                ?? throw new InvalidDataException("A checkpoint is empty.");
            if (step.Version != CurrentVersion)
                throw new InvalidDataException($"The checkpoint has version {step.Version}; this supervisor reads version {CurrentVersion}.");
            state = step with
            {
                Findings = state.Base == step.Base ? Merged(state.Findings, step.Findings) : step.Findings,
                Calls = [.. state.Calls, .. step.Calls],
            };
        }

        return state;
    }

    /// <summary>What has been added since: results of tools are stored once, with the step that called them, and not again with every later one.</summary>
    /// <param name="before">What the checkpoints before this one add up to; null for the first.</param>
    public Checkpoint ToCheckpoint(SupervisorState? before)
    {
        var added = before is null ? this : this with
        {
            Findings = before.Base == Base ? Findings.Where(found => !IsSame(before, found)).ToDictionary() : Findings,
            Calls = [.. Calls.Skip(before.Calls.Count)],
        };
        return new Checkpoint(Steps, JsonSerializer.SerializeToElement(added, AgentsJson.Default.SupervisorState));
    }

    private static bool IsSame(SupervisorState before, KeyValuePair<string, SubagentFindings> found) =>
        before.Findings.TryGetValue(found.Key, out var earlier) && ReferenceEquals(earlier, found.Value);

    private static Dictionary<string, SubagentFindings> Merged(
        IReadOnlyDictionary<string, SubagentFindings> before, IReadOnlyDictionary<string, SubagentFindings> added)
    {
        var all = new Dictionary<string, SubagentFindings>(before);
        foreach (var (name, findings) in added)
            all[name] = findings;
        return all;
    }

    public SupervisorState After(string name, SubagentOutcome outcome, IReadOnlyList<ToolCallResult> calls)
    {
        var findings = new Dictionary<string, SubagentFindings>(Findings);
        if (outcome.Findings is { } found)
            findings[name] = found;
        return this with
        {
            Steps = Steps + 1,
            Done = [.. Done, name],
            Findings = findings,
            Calls = [.. Calls, .. calls],
            Failures = outcome.Error is { } error ? [.. Failures, error] : Failures,
        };
    }

    /// <summary>The user added something: the route begins anew with it; the calls that were made can still be referred to.</summary>
    /// <param name="lastStep">Highest step number used so far.</param>
    public SupervisorState Steered(string words, int lastStep) => this with
    {
        Done = [],
        Findings = new Dictionary<string, SubagentFindings>(),
        Base = lastStep,
        Taken = [.. Taken, new TakenSteer(words, Findings.GetValueOrDefault(SubagentNames.Triage)?.Content)],
    };
}

/// <param name="PlanBefore">Triage's findings before it; null when triage had not answered.</param>
internal sealed record TakenSteer(string Words, JsonElement? PlanBefore);
