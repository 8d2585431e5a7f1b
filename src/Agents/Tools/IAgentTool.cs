using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Events;

namespace Apex.Agents.Tools;

/// <summary>Something an agent can call: an analysis over the usage log, or a tool of the user's own. Safe for concurrent use.</summary>
public interface IAgentTool
{
    ToolDescription Description { get; }

    /// <returns>The result; for analyses a result envelope.</returns>
    /// <exception cref="ToolFailedException">
    /// The call could not be done; the message is safe to show. One that may pass is made again after a pause, unless the effect is
    /// <see cref="ToolEffect.Once"/>: a tool says by <see cref="ToolFailedException.Fault"/> what failed.
    /// </exception>
    Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken);
}

/// <param name="Name">Lower case with underscores, unique.</param>
/// <param name="Purpose">One sentence shown while the tool runs.</param>
/// <param name="Category">Null: by name, as docs/protocol.md tells.</param>
/// <param name="Timeout">How long a call may take.</param>
/// <param name="TimeoutSetting">What changes <paramref name="Timeout"/>, as it is told when a call was too slow; null: the tool itself.</param>
/// <param name="EstimateCostUsd">What a call with these arguments would cost, in US dollars; null: nothing worth asking about.</param>
public sealed record ToolDescription(
    string Name,
    string Purpose,
    JsonElement ArgumentsSchema,
    ToolEffect Effect,
    TimeSpan Timeout,
    ToolCategory? Category = null,
    TimeSpan? EstimatedDuration = null,
    Func<JsonElement, decimal>? EstimateCostUsd = null,
    string? TimeoutSetting = null)
{
    /// <summary>
    /// What outside of this server its calls stand or fall with, for instance <c>mcp:wiki</c> or the host of a webhook: shown in health and
    /// metrics, and left alone for a while when it fails several times in a row. Null: nothing.
    /// </summary>
    public string? Dependency { get; init; }
}

/// <param name="Progress">Rows or units done so far.</param>
/// <param name="IdempotencyKey">
/// The same when a call is made again after a crash: a tool of effect <see cref="ToolEffect.Keyed"/> passes it to its receiver.
/// </param>
public sealed record ToolInvocation(
    RunContext Run, string ToolCallId, JsonElement Arguments, IProgress<long>? Progress = null, string IdempotencyKey = "")
{
    /// <summary>The call's share of the cores.</summary>
    internal CoreStrand Strand { get; init; } = new(control: null);
}
