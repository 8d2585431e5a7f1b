using Apex.Protocol.Events;

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
    /// <summary>Records the intent of a call that has no receipt.</summary>
    ValueTask BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken);

    /// <summary>Tells of the call at this place in an earlier attempt, whatever its arguments were, and records nothing.</summary>
    ValueTask<EarlierCall?> FindAsync(ToolCallKey key, CancellationToken cancellationToken);

    /// <summary>What the run asked its user, as it stands; null when it did not ask.</summary>
    ValueTask<Protocol.Http.ApprovalView?> FindApprovalAsync(Protocol.Ids.ApprovalId approval, CancellationToken cancellationToken);

    ValueTask CompleteAsync(ToolCallKey key, System.Text.Json.JsonElement receipt, CancellationToken cancellationToken);
}

/// <summary>A call that an earlier attempt of the run had begun.</summary>
/// <param name="Receipt">
/// How it ended; null when it was cut off before that was recorded: whether it took effect is not known.
/// </param>
/// <param name="ToolCallId">Of the attempt that began it.</param>
public sealed record EarlierCall(string ToolName, string ArgumentsHash, string ToolCallId, System.Text.Json.JsonElement? Receipt);

/// <param name="ArgumentsHash">SHA-256 of the canonical arguments, lower-case hex.</param>
public sealed record ToolCallKey(
    Protocol.Ids.RunId Run, int Step, int Ordinal, string ToolCallId, string ToolName, string ArgumentsHash)
{
    /// <summary>The same for every attempt at the same call: a receiver that has seen it does nothing a second time.</summary>
    public string IdempotencyKey =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Run}:{Step}:{Ordinal}:{ArgumentsHash[..Math.Min(16, ArgumentsHash.Length)]}");
}
