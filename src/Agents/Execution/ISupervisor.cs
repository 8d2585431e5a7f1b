namespace Apex.Agents.Execution;

/// <summary>
/// Runs one question from <see cref="Protocol.Events.AgentStarted"/> to <see cref="Protocol.Events.AgentCompleted"/>. Tools and
/// sub-agents that fail are told of in the stream; only cancellation, a passed deadline and broken infrastructure throw.
/// </summary>
public interface ISupervisor
{
    /// <param name="ledger">Remembers tool calls across a crash.</param>
    IAsyncEnumerable<AgentOutput> RunAsync(RunContext context, IToolLedger ledger, CancellationToken cancellationToken);
}

/// <summary>Receipts of tool calls under (run, step, ordinal). Implemented where runs are stored, and in memory for tests.</summary>
public interface IToolLedger
{
    /// <summary>Records the intent and returns the receipt of an earlier attempt, if there is one.</summary>
    ValueTask<System.Text.Json.JsonElement?> BeginAsync(ToolCallKey key, CancellationToken cancellationToken);

    ValueTask CompleteAsync(ToolCallKey key, System.Text.Json.JsonElement receipt, CancellationToken cancellationToken);
}

/// <param name="ArgumentsHash">SHA-256 of the canonical arguments, lower-case hex.</param>
public sealed record ToolCallKey(
    Protocol.Ids.RunId Run, int Step, int Ordinal, string ToolCallId, string ToolName, string ArgumentsHash);
