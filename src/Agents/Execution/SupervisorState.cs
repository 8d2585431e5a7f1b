using System.Text.Json;
using Apex.Agents.Subagents;

namespace Apex.Agents.Execution;

/// <summary>What a run knows after a step: everything needed to go on from there after a crash.</summary>
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
    public const int CurrentVersion = 2;

    public static SupervisorState Empty { get; } =
        new(CurrentVersion, [], new Dictionary<string, SubagentFindings>(), [], []);

    /// <summary>Steps that ended, over all rounds: the number of the checkpoint.</summary>
    public int Steps { get; init; }

    /// <summary>Added to the number of a step within its round: no two steps of a run share an invocation or a place in the ledger.</summary>
    public int Base { get; init; }

    /// <summary>What the run has taken in of what the user added, each with the plan that was in force before.</summary>
    public IReadOnlyList<TakenSteer> Taken { get; init; } = [];

    /// <summary>Null on a first start.</summary>
    /// <exception cref="InvalidDataException">The state was written by another version.</exception>
    public static SupervisorState? Read(JsonElement? checkpoint)
    {
        if (checkpoint?.Deserialize(AgentsJson.Default.SupervisorState) is not { } state)
            return null;
        return state.Version == CurrentVersion
            ? state
            : throw new InvalidDataException($"The checkpoint has version {state.Version}; this supervisor reads version {CurrentVersion}.");
    }

    public Checkpoint ToCheckpoint() =>
        new(Steps, JsonSerializer.SerializeToElement(this, AgentsJson.Default.SupervisorState));

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
