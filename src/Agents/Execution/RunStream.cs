using System.Threading.Channels;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;

namespace Apex.Agents.Execution;

/// <summary>
/// The one ordered stream of a run. Agents and tools that work at the same time say their events here; whoever runs the supervisor
/// reads them in the order said. Bounded, so a slow store holds the work back instead of filling memory.
/// </summary>
internal sealed class RunStream(RunContext context, TimeProvider time)
{
    private const int Capacity = 64;

    private readonly Channel<AgentOutput> _outputs = Channel.CreateBounded<AgentOutput>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private long _lastSign = time.GetTimestamp();

    /// <summary>How long ago the last event was said.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _lastSign));

    public IAsyncEnumerable<AgentOutput> ReadAllAsync(CancellationToken cancellationToken) =>
        _outputs.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Stamps the event with who acts and for whom, and says it.</summary>
    public ValueTask SayAsync(
        ApexEvent said, Actor actor, CancellationToken cancellationToken, Checkpoint? checkpoint = null, MessageView? reply = null,
        ApprovalView? asked = null)
    {
        Volatile.Write(ref _lastSign, time.GetTimestamp());
        return _outputs.Writer.WriteAsync(new AgentOutput.Said(Stamp(said, actor), checkpoint, reply, asked), cancellationToken);
    }

    /// <summary>Says that the run waits: nothing may be said after it.</summary>
    public ValueTask PauseAsync(RunPause pause, CancellationToken cancellationToken) =>
        _outputs.Writer.WriteAsync(new AgentOutput.Paused(pause), cancellationToken);

    /// <summary>Offers a transient frame.</summary>
    /// <returns>False when it was dropped because the reader is behind.</returns>
    public bool Hint(ServerFrame frame, string? mergeKey) => _outputs.Writer.TryWrite(new AgentOutput.Hinted(frame, mergeKey));

    public void Complete(Exception? fault = null) => _outputs.Writer.TryComplete(fault);

    /// <summary>The event with who says it and for whom.</summary>
    public ApexEvent Stamp(ApexEvent said, Actor actor) => said with
    {
        Timestamp = time.GetUtcNow(),
        ThreadId = context.Thread,
        RunId = context.Run,
        AgentName = actor.Name,
        Context = new EventContext(
            context.User, context.Thread, context.Run, context.RequestId, actor.InvocationId, actor.ParentInvocationId, actor.Traceparent),
    };
}

/// <summary>Who says an event: an agent in one of its invocations.</summary>
/// <param name="Traceparent">The span it acts in, as W3C Trace Context writes it; null: the run's.</param>
internal sealed record Actor(string Name, string InvocationId, string? ParentInvocationId = null, string? Traceparent = null);
