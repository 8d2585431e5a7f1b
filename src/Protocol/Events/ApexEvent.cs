using System.Text.Json.Serialization;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Events;

/// <summary>
/// A durable event: stored in its user's feed before anyone sees it, the same bytes for every reader. The feed fills
/// <see cref="EventId"/>, <see cref="Seq"/>, <see cref="RunSeq"/> and <see cref="Timestamp"/> when it appends; whoever makes the
/// event fills the rest. An event of no run leaves <see cref="RunId"/> and <see cref="RunSeq"/> out.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(AgentStarted), EventTypes.AgentStarted)]
[JsonDerivedType(typeof(AgentThinking), EventTypes.AgentThinking)]
[JsonDerivedType(typeof(ToolExecuting), EventTypes.ToolExecuting)]
[JsonDerivedType(typeof(ToolCompleted), EventTypes.ToolCompleted)]
[JsonDerivedType(typeof(AgentCompleted), EventTypes.AgentCompleted)]
[JsonDerivedType(typeof(SubagentStarted), EventTypes.SubagentStarted)]
[JsonDerivedType(typeof(SubagentCompleted), EventTypes.SubagentCompleted)]
[JsonDerivedType(typeof(AgentError), EventTypes.AgentError)]
[JsonDerivedType(typeof(RunRecovering), EventTypes.RunRecovering)]
[JsonDerivedType(typeof(RunPaused), EventTypes.RunPaused)]
[JsonDerivedType(typeof(RunResumed), EventTypes.RunResumed)]
[JsonDerivedType(typeof(ApprovalRequested), EventTypes.ApprovalRequested)]
[JsonDerivedType(typeof(ApprovalDecided), EventTypes.ApprovalDecided)]
[JsonDerivedType(typeof(RunCancelled), EventTypes.RunCancelled)]
[JsonDerivedType(typeof(RunFailed), EventTypes.RunFailed)]
[JsonDerivedType(typeof(MessageCreated), EventTypes.MessageCreated)]
[JsonDerivedType(typeof(ThreadCreated), EventTypes.ThreadCreated)]
[JsonDerivedType(typeof(ThreadRenamed), EventTypes.ThreadRenamed)]
[JsonDerivedType(typeof(ThreadArchived), EventTypes.ThreadArchived)]
[JsonDerivedType(typeof(SystemDegraded), EventTypes.SystemDegraded)]
[JsonDerivedType(typeof(SystemRecovered), EventTypes.SystemRecovered)]
[JsonDerivedType(typeof(Broadcast), EventTypes.Broadcast)]
public abstract record ApexEvent
{
    /// <summary><c>run_id:run_seq</c>, or <c>user_id:seq</c> without a run. Stable for ever.</summary>
    [JsonPropertyOrder(-10)]
    public string EventId { get; init; } = "";

    /// <summary>1, 2, 3 … without a gap per user.</summary>
    [JsonPropertyOrder(-9)]
    public long Seq { get; init; }

    /// <summary>1, 2, 3 … without a gap per run.</summary>
    [JsonPropertyOrder(-8)]
    public long? RunSeq { get; init; }

    [JsonPropertyOrder(-7)]
    public DateTimeOffset Timestamp { get; init; }

    [JsonPropertyOrder(-6)]
    public ThreadId? ThreadId { get; init; }

    [JsonPropertyOrder(-5)]
    public RunId? RunId { get; init; }

    /// <summary>Who acts. Left out, never null, where no agent does.</summary>
    [JsonPropertyOrder(-4)]
    public string? AgentName { get; init; }

    [JsonPropertyOrder(100)]
    public EventContext? Context { get; init; }
}

/// <summary>The ids an event belongs to.</summary>
/// <param name="InvocationId">Of the acting agent: one per sub-agent call.</param>
public sealed record EventContext(
    UserId UserId,
    ThreadId? ThreadId,
    RunId? RunId,
    string? RequestId,
    string? InvocationId,
    string? ParentInvocationId = null,
    string? Traceparent = null);
