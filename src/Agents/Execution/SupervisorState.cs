using System.Text.Json;
using Apex.Agents.Subagents;

namespace Apex.Agents.Execution;

/// <summary>What a run knows after a step: everything needed to go on from there after a crash.</summary>
/// <param name="Version">Raised when the shape or its meaning changes; another version's state is not read.</param>
/// <param name="Done">Sub-agents that ended, in order, whether well or not.</param>
/// <param name="Calls">Every finished tool call with its result, in the order asked.</param>
internal sealed record SupervisorState(
    int Version,
    IReadOnlyList<string> Done,
    IReadOnlyDictionary<string, SubagentFindings> Findings,
    IReadOnlyList<ToolCallResult> Calls,
    IReadOnlyList<string> Failures)
{
    public const int CurrentVersion = 1;

    public static SupervisorState Empty { get; } =
        new(CurrentVersion, [], new Dictionary<string, SubagentFindings>(), [], []);

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
        new(Done.Count, JsonSerializer.SerializeToElement(this, AgentsJson.Default.SupervisorState));

    public SupervisorState After(string name, SubagentOutcome outcome, IReadOnlyList<ToolCallResult> calls)
    {
        var findings = new Dictionary<string, SubagentFindings>(Findings);
        if (outcome.Findings is { } found)
            findings[name] = found;
        return this with
        {
            Done = [.. Done, name],
            Findings = findings,
            Calls = [.. Calls, .. calls],
            Failures = outcome.Error is { } error ? [.. Failures, error] : Failures,
        };
    }
}
