using System.Collections.Frozen;
using System.Text.Json;
using Apex.Protocol.Events;

namespace Apex.Protocol.Order;

/// <summary>The fields that must stand in an event on the wire, by its type.</summary>
public static class RequiredFields
{
    private static readonly string[] OfAll = ["type", "event_id", "seq", "timestamp"];

    private static readonly string[] OfRuns = ["run_seq", "thread_id", "run_id", "agent_name", "context"];

    private static readonly FrozenDictionary<string, string[]> OfRunTypes = new Dictionary<string, string[]>
    {
        [EventTypes.AgentStarted] = ["task", "attempt"],
        [EventTypes.AgentThinking] =
        [
            "thought", "reasoning", "step_number", "total_steps", "progress_percentage", "estimated_remaining_ms",
            "current_operation", "urgency",
        ],
        [EventTypes.ToolExecuting] =
        [
            "tool_name", "tool_call_id", "tool_purpose", "parameters", "category", "expected_duration", "estimated_duration_ms",
            "effect",
        ],
        [EventTypes.ToolCompleted] = ["tool_name", "tool_call_id", "status", "duration_ms"],
        [EventTypes.AgentCompleted] =
            ["message_id", "result", "final_response", "summary", "status", "duration_ms", "usage"],
        [EventTypes.SubagentStarted] = ["task", "step_number", "total_steps"],
        [EventTypes.SubagentCompleted] = ["status", "summary", "duration_ms"],
        [EventTypes.AgentError] =
        [
            "error_type", "error_message", "user_friendly_message", "severity", "is_recoverable", "recovery_suggestions",
            "estimated_retry_delay_ms", "support_code",
        ],
        [EventTypes.RunRecovering] = ["reason", "attempt"],
        [EventTypes.RunPaused] = ["reason", "needs"],
        [EventTypes.RunResumed] = ["reason"],
        [EventTypes.ApprovalRequested] = ["approval_id", "kind", "reason", "arguments_hash", "expires_at"],
        [EventTypes.ApprovalDecided] = ["approval_id", "decision", "decided_by"],
        [EventTypes.RunCancelled] = ["reason"],
        [EventTypes.RunFailed] = ["reason", "code"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Which types of events belong to a run.</summary>
    public static IEnumerable<string> RunTypes => OfRunTypes.Keys;

    /// <summary>The names that are missing or null.</summary>
    public static IEnumerable<string> MissingIn(JsonElement apexEvent)
    {
        var type = apexEvent.TryGetProperty("type", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        IEnumerable<string> required = OfAll;
        if (type is not null && OfRunTypes.TryGetValue(type, out var own))
        {
            // The server itself says what becomes of a run: there no agent acts.
            var isServers = type is EventTypes.RunRecovering or EventTypes.RunPaused or EventTypes.RunResumed or EventTypes.ApprovalDecided
                or EventTypes.RunCancelled or EventTypes.RunFailed;
            required = required.Concat(isServers ? OfRuns.Where(field => field is not ("agent_name" or "context")) : OfRuns).Concat(own);
        }

        return required.Where(field =>
            !apexEvent.TryGetProperty(field, out var value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined);
    }
}
