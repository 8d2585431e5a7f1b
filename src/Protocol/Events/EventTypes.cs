namespace Apex.Protocol.Events;

/// <summary>The <c>type</c> of each event on the wire.</summary>
public static class EventTypes
{
    public const string AgentStarted = "agent_started";
    public const string AgentThinking = "agent_thinking";
    public const string ToolExecuting = "tool_executing";
    public const string ToolCompleted = "tool_completed";
    public const string AgentCompleted = "agent_completed";
    public const string SubagentStarted = "subagent_started";
    public const string SubagentCompleted = "subagent_completed";
    public const string AgentError = "agent_error";
    public const string RunRecovering = "run_recovering";
    public const string RunPaused = "run_paused";
    public const string RunResumed = "run_resumed";
    public const string ApprovalRequested = "approval_requested";
    public const string ApprovalDecided = "approval_decided";
    public const string RunCancelled = "run_cancelled";
    public const string RunFailed = "run_failed";
    public const string MessageCreated = "message_created";
    public const string ThreadCreated = "thread_created";
    public const string ThreadRenamed = "thread_renamed";
    public const string ThreadArchived = "thread_archived";
    public const string SystemDegraded = "system_degraded";
    public const string SystemRecovered = "system_recovered";
    public const string Broadcast = "broadcast";

    /// <summary>The name of an event's type, as it stands on the wire.</summary>
    public static string Of(ApexEvent apexEvent) => apexEvent switch
    {
        Events.AgentStarted => AgentStarted,
        Events.AgentThinking => AgentThinking,
        Events.ToolExecuting => ToolExecuting,
        Events.ToolCompleted => ToolCompleted,
        Events.AgentCompleted => AgentCompleted,
        Events.SubagentStarted => SubagentStarted,
        Events.SubagentCompleted => SubagentCompleted,
        Events.AgentError => AgentError,
        Events.RunRecovering => RunRecovering,
        Events.RunPaused => RunPaused,
        Events.RunResumed => RunResumed,
        Events.ApprovalRequested => ApprovalRequested,
        Events.ApprovalDecided => ApprovalDecided,
        Events.RunCancelled => RunCancelled,
        Events.RunFailed => RunFailed,
        Events.MessageCreated => MessageCreated,
        Events.ThreadCreated => ThreadCreated,
        Events.ThreadRenamed => ThreadRenamed,
        Events.ThreadArchived => ThreadArchived,
        Events.SystemDegraded => SystemDegraded,
        Events.SystemRecovered => SystemRecovered,
        Events.Broadcast => Broadcast,
        _ => throw new ArgumentOutOfRangeException(nameof(apexEvent), apexEvent.GetType().Name, "An event without a name on the wire."),
    };
}
