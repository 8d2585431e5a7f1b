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
    /// <summary>Records the intent and tells of the same call of an earlier attempt.</summary>
    /// <returns>Null when there was none: the call is made for the first time.</returns>
    ValueTask<EarlierCall?> BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken);

    ValueTask CompleteAsync(ToolCallKey key, System.Text.Json.JsonElement receipt, CancellationToken cancellationToken);
}

/// <summary>A call that an earlier attempt of the run had begun.</summary>
/// <param name="Receipt">
/// How it ended; null when it was cut off before that was recorded: whether it took effect is not known.
/// </param>
public sealed record EarlierCall(System.Text.Json.JsonElement? Receipt);

/// <param name="ArgumentsHash">SHA-256 of the canonical arguments, lower-case hex.</param>
public sealed record ToolCallKey(
    Protocol.Ids.RunId Run, int Step, int Ordinal, string ToolCallId, string ToolName, string ArgumentsHash)
{
    /// <summary>The same for every attempt at the same call: a receiver that has seen it does nothing a second time.</summary>
    public string IdempotencyKey =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Run}:{Step}:{Ordinal}:{ArgumentsHash[..Math.Min(16, ArgumentsHash.Length)]}");
}
