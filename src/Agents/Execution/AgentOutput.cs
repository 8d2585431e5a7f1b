using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;

namespace Apex.Agents.Execution;

/// <summary>One thing a running supervisor says. Whoever runs it stores each before asking for the next.</summary>
public abstract record AgentOutput
{
    private AgentOutput()
    {
    }

    /// <summary>
    /// A durable event; the ids of the run and its <see cref="ApexEvent.Context"/> are filled in. With a checkpoint the step before it
    /// is finished: a restarted run goes on from there. The last one of a run is <see cref="AgentCompleted"/>, with the reply to store.
    /// </summary>
    /// <param name="Asked">Of an <see cref="ApprovalRequested"/>: the record to store with it.</param>
    public sealed record Said(
        ApexEvent Event, Checkpoint? Checkpoint = null, MessageView? Reply = null, ApprovalView? Asked = null) : AgentOutput;

    /// <summary>The last output of a supervisor whose run waits for something; its work is over until the run is begun again.</summary>
    public sealed record Paused(RunPause Pause) : AgentOutput;

    /// <summary>A transient frame; may be lost.</summary>
    public sealed record Hinted(ServerFrame Frame, string? MergeKey = null) : AgentOutput;
}

/// <param name="Step">1, 2, 3 … within the run.</param>
/// <param name="State">
/// What the step added: a run goes on with the states of all its steps, in order. Read back by the same version of the supervisor only.
/// </param>
public sealed record Checkpoint(int Step, JsonElement State);
