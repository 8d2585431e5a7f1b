using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;

namespace Apex.Protocol.Http;

/// <param name="ParentId">The thread this one was forked from.</param>
public sealed record ThreadView(
    ThreadId Id,
    string Title,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    int MessageCount,
    bool Archived = false,
    ThreadId? ParentId = null);

/// <param name="Next">Cursor of the next page; null on the last.</param>
public sealed record ThreadPage(IReadOnlyList<ThreadView> Threads, string? Next);

public sealed record CreateThreadRequest(string? Title = null);

public sealed record RenameThreadRequest(string? Title);

/// <param name="Metadata">Of a reply: the report it stands for.</param>
public sealed record MessageView(
    MessageId Id,
    ThreadId ThreadId,
    MessageRole Role,
    string Content,
    DateTimeOffset CreatedAt,
    RunId? RunId = null,
    MessageMetadata? Metadata = null);

/// <param name="Plan">How the planner understood the question; follow-up questions build on it.</param>
/// <param name="SentLogs">Of a user's message: what became of log lines sent along.</param>
/// <param name="Partial">Of a reply that its run did not complete: how far it came.</param>
/// <param name="SteeredRun">Of a user's message that was added to a run at work: that run.</param>
public sealed record MessageMetadata(
    Report? Report = null, JsonElement? Plan = null, SentLogsView? SentLogs = null, PartialView? Partial = null, RunId? SteeredRun = null);

/// <param name="State">How the run ended: cancelled or failed.</param>
/// <param name="Agents">Sub-agents that had finished, in order.</param>
/// <param name="Tools">Tools that had answered.</param>
public sealed record PartialView(RunState State, string Reason, IReadOnlyList<string> Agents, IReadOnlyList<string> Tools);

/// <param name="Lines">Log lines that came with the message.</param>
/// <param name="Calls">Lines that tell of a model's call.</param>
/// <param name="Stored">Calls that are new in the usage log.</param>
/// <param name="Notes">What was not taken and why, in sentences.</param>
public sealed record SentLogsView(int Lines, int Calls, int Stored, IReadOnlyList<string> Notes);

[JsonConverter(typeof(SnakeCaseEnumConverter<MessageRole>))]
public enum MessageRole
{
    User,
    Assistant,
}

public sealed record MessagePage(IReadOnlyList<MessageView> Messages, string? Next);

public sealed record PostMessageRequest(string? Content, string? IdempotencyKey = null, WhenBusy? WhenBusy = null);

public sealed record PostMessageReply(MessageId MessageId, ThreadId ThreadId, RunId RunId);

/// <param name="ForkOf">The run it went on from after <paramref name="ForkStep"/> of its steps.</param>
/// <param name="Needs">What a waiting or paused run waits for.</param>
/// <param name="Phase">Of a run at work: the sub-agent whose turn it is; null before the first and after the last.</param>
/// <param name="PhaseSince">When its turn began.</param>
/// <param name="Traceparent">Where its message was written, as W3C Trace Context writes it; null where that is not known.</param>
public sealed record RunView(
    RunId Id,
    ThreadId ThreadId,
    MessageId MessageId,
    RunState State,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    string? Reason = null,
    RunId? ForkOf = null,
    int? ForkStep = null,
    RunNeed? Needs = null,
    string? Phase = null,
    DateTimeOffset? PhaseSince = null,
    string? Traceparent = null);

/// <summary>Asks an earlier question of the thread otherwise, in a new thread that begins with what was said before it.</summary>
/// <param name="MessageId">The question.</param>
/// <param name="Content">What is asked in its place.</param>
public sealed record ForkThreadRequest(MessageId? MessageId, string? Content, string? IdempotencyKey = null);

/// <summary>Goes on from the state a run had after a step, in a new thread.</summary>
/// <param name="Step">Steps taken as done, from 0; as many as sub-agents had ended.</param>
public sealed record ForkRunRequest(int Step, string? IdempotencyKey = null);

public sealed record RunList(IReadOnlyList<RunView> Runs);

[JsonConverter(typeof(SnakeCaseEnumConverter<RunState>))]
public enum RunState
{
    Queued,
    Running,
    Waiting,
    Paused,
    Recovering,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>Stored events as they are in the feed.</summary>
/// <param name="Next">Pass as <c>after</c> for what follows; the highest run_seq in <paramref name="Events"/>.</param>
public sealed record EventPage(IReadOnlyList<JsonElement> Events, long Next, bool Ended);
