using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Events;

namespace Apex.Agents.Tools;

/// <summary>One call an agent asked for.</summary>
/// <param name="ResultOf">Results of the run's earlier calls, for arguments that refer to one.</param>
/// <param name="Wait">Waits for the user: gives false when the call was stopped or its step was over before.</param>
internal sealed record ToolCall(
    RunContext Run, ToolCallKey Key, JsonElement Arguments, Actor Actor, Func<string, JsonElement?> ResultOf, WaitForUser Wait)
{
    /// <summary>Among the calls at work; given up while the user is waited for.</summary>
    public ToolPlace? Place { get; init; }

    /// <summary>Tells the user something about the call while it is at work.</summary>
    public Func<string, ValueTask> Tell { get; init; } = _ => ValueTask.CompletedTask;

    /// <summary>Whether the sub-agent that made the call has ended and waits for nothing any more.</summary>
    public Func<bool> IsLeft { get; init; } = () => false;

    /// <summary>Why the user stopped this call, or the sub-agent that made it; null when neither.</summary>
    public string? WhyStopped => Run.Control.ReasonToStop(Key.ToolCallId) ?? Run.Control.ReasonToStop(Actor.InvocationId);

    /// <summary>How long the user was waited for.</summary>
    public TimeSpan Waited() => Place?.Away ?? TimeSpan.Zero;

    /// <param name="effect">What the call may have done before it was stopped.</param>
    public ToolReceipt Stopped(ToolEffect effect)
    {
        var doubt = effect is ToolEffect.Keyed or ToolEffect.Once ? " It may have taken effect before." : "";
        return new ToolReceipt(ToolStatus.Cancelled, null, $"{Key.ToolName} was stopped: {WhyStopped}{doubt}");
    }
}

/// <param name="decided">Completes when the user has decided.</param>
/// <param name="stop">Ends the waiting.</param>
/// <returns>False when the waiting ended without a decision.</returns>
/// <exception cref="OperationCanceledException">The run was cancelled, or is let go until the decision.</exception>
internal delegate Task<bool> WaitForUser(RunPause pause, Task decided, CancellationToken stop);

/// <summary>How a call ended, as the ledger keeps it.</summary>
internal sealed record ToolReceipt(ToolStatus Status, JsonElement? Result, string? Error, long DurationMs = 0)
{
    /// <summary>What failed, while the call is still at work; not kept.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public ToolTrouble? Trouble { get; init; }

    public static ToolReceipt Failed(string error) => new(ToolStatus.Error, null, error);
}

/// <summary>Why a try at a call failed, as far as it matters for another one.</summary>
/// <param name="Fault">Null when nobody knows.</param>
/// <param name="WasSilent">Nothing came within the tool's own limit of time.</param>
internal sealed record ToolTrouble(ToolFault? Fault, TimeSpan? RetryAfter = null, bool WasSilent = false)
{
    public bool MayPass => Fault is ToolFault.Unreachable or ToolFault.Busy;
}
