using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Http;

/// <summary>Something a run asked its user, as it is stored and as devices show it. The fields are those of <see cref="ApprovalRequested"/>.</summary>
/// <param name="Schema">Of an approval the tool's own, which edited arguments must satisfy; of a question the answer's.</param>
/// <param name="Decided">Null while it is open, and for ever when its run ended without it.</param>
public sealed record ApprovalView(
    ApprovalId Id,
    RunId RunId,
    ThreadId ThreadId,
    ApprovalKind Kind,
    ApprovalState State,
    string Reason,
    string ArgumentsHash,
    DateTimeOffset RequestedAt,
    DateTimeOffset ExpiresAt,
    string? AgentName = null,
    string? ToolName = null,
    string? ToolCallId = null,
    JsonElement? Arguments = null,
    JsonElement? Schema = null,
    ApprovalDecision? Decided = null);

/// <summary>How it was decided; the fields are those of <see cref="ApprovalDecided"/>.</summary>
public sealed record ApprovalDecision(
    Decision Decision, string DecidedBy, DateTimeOffset At, JsonElement? Arguments = null, string? ArgumentsHash = null, string? Reason = null);

public sealed record ApprovalList(IReadOnlyList<ApprovalView> Approvals);

/// <param name="ArgumentsHash">Of what the user saw; another than what is asked is refused.</param>
/// <param name="Arguments">Of an edit or an answer.</param>
/// <param name="Reason">Why; shown to the agents.</param>
public sealed record DecideRequest(
    Decision? Decision, string? ArgumentsHash = null, JsonElement? Arguments = null, string? Reason = null);

[JsonConverter(typeof(SnakeCaseEnumConverter<ApprovalState>))]
public enum ApprovalState
{
    Pending,
    Decided,

    /// <summary>Its run ended before anybody decided.</summary>
    Withdrawn,
}
