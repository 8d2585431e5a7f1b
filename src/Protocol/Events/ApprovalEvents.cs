using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Events;

/// <summary>A run needs its user: to approve an action before it is done, or to answer a question. Work that does not depend on it goes on.</summary>
/// <param name="ToolName">The tool that would act, or that the question is about; null for a question of an agent's own.</param>
/// <param name="ToolCallId">The call that waits; it has begun and does not end before the decision.</param>
/// <param name="Arguments">What the tool would be called with, whole but for secrets; null for a question.</param>
/// <param name="ArgumentsHash">What a decision must name: SHA-256 of what is asked with object keys in order, lower-case hex.</param>
/// <param name="Reason">Why the user is asked; of a question the question.</param>
/// <param name="ExpiresAt">From then on it counts as rejected.</param>
/// <param name="Schema">JSON Schema of the answer; null for an approval.</param>
public sealed record ApprovalRequested(
    ApprovalId ApprovalId,
    ApprovalKind Kind,
    string Reason,
    string ArgumentsHash,
    DateTimeOffset ExpiresAt,
    string? ToolName = null,
    string? ToolCallId = null,
    JsonElement? Arguments = null,
    JsonElement? Schema = null) : ApexEvent;

/// <summary>What was asked is decided, once and for all.</summary>
/// <param name="DecidedBy">The user's id, or <c>expiry</c>.</param>
/// <param name="Arguments">Of an edit the arguments in the place of those asked; of an answer the answer.</param>
/// <param name="ArgumentsHash">Of <paramref name="Arguments"/>.</param>
public sealed record ApprovalDecided(
    ApprovalId ApprovalId,
    Decision Decision,
    string DecidedBy,
    JsonElement? Arguments = null,
    string? ArgumentsHash = null,
    string? Reason = null) : ApexEvent;

/// <summary>The run waits and uses nothing meanwhile: no place among the runs at work, no core, none of its time.</summary>
/// <param name="Until">When it goes on even so; null: never by itself.</param>
public sealed record RunPaused(string Reason, RunNeed Needs, DateTimeOffset? Until = null) : ApexEvent;

/// <summary>What the run waited for came, and it goes on where it was.</summary>
public sealed record RunResumed(string Reason) : ApexEvent;

[JsonConverter(typeof(SnakeCaseEnumConverter<ApprovalKind>))]
public enum ApprovalKind
{
    Approval,
    Question,
}

[JsonConverter(typeof(SnakeCaseEnumConverter<Decision>))]
public enum Decision
{
    Approve,
    Reject,

    /// <summary>Approved with other arguments.</summary>
    Edit,

    /// <summary>Of a question.</summary>
    Answer,

    /// <summary>Nobody decided in time: counts as rejected. No client can send it.</summary>
    Expired,
}

/// <summary>What a run waits for.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RunNeed>))]
public enum RunNeed
{
    Approval,
    Answer,
    Budget,
}
