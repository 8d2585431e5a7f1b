using System.Text.Json.Serialization;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Frames;

/// <summary>
/// A frame about the connection itself, or a transient one about work. Never stored and without a <c>seq</c>: a client that missed
/// one has lost nothing that a durable event does not also say.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ConnectionEstablished), "connection_established")]
[JsonDerivedType(typeof(HandshakeResponse), "handshake_response")]
[JsonDerivedType(typeof(HandshakeComplete), "handshake_complete")]
[JsonDerivedType(typeof(CaughtUp), "caught_up")]
[JsonDerivedType(typeof(Gap), "gap")]
[JsonDerivedType(typeof(Heartbeat), "heartbeat")]
[JsonDerivedType(typeof(Pong), "pong")]
[JsonDerivedType(typeof(GoAway), "goaway")]
[JsonDerivedType(typeof(AuthExpiring), "auth_expiring")]
[JsonDerivedType(typeof(AuthRefreshed), "auth_refreshed")]
[JsonDerivedType(typeof(AccountChanged), "account_changed")]
[JsonDerivedType(typeof(MessageAccepted), "message_accepted")]
[JsonDerivedType(typeof(Stopping), "stopping")]
[JsonDerivedType(typeof(SteerApplied), "steer_applied")]
[JsonDerivedType(typeof(ErrorFrame), "error")]
[JsonDerivedType(typeof(ThreadList), "thread_list")]
[JsonDerivedType(typeof(ThreadData), "thread_data")]
[JsonDerivedType(typeof(TextDelta), "text_delta")]
[JsonDerivedType(typeof(Progress), "progress")]
[JsonDerivedType(typeof(AgentTyping), "agent_typing")]
[JsonDerivedType(typeof(Backlog), "backlog")]
[JsonDerivedType(typeof(ServiceStatus), "service_status")]
public abstract record ServerFrame;

/// <param name="Epoch">Identity of the feed; a cursor from another epoch means nothing here.</param>
/// <param name="Head">The newest seq of the user's feed; 0 when it is empty.</param>
/// <param name="Data">The same ids once more, where clients of the Netra dialect read them.</param>
public sealed record ConnectionEstablished(
    string ConnectionId,
    UserId UserId,
    DateTimeOffset ServerTime,
    string Epoch,
    long Head,
    ConnectionLimits Limits,
    IReadOnlyList<string> Features,
    ThreadId? ThreadId = null,
    ConnectionEstablishedData? Data = null) : ServerFrame;

public sealed record ConnectionEstablishedData(string ConnectionId, UserId UserId);

public sealed record ConnectionLimits(
    long MaxFrameBytes,
    int MaxContentCharacters,
    int MessagesPerMinute,
    int MaxConnections,
    int MaxRunsAtOnce,
    long PingIntervalMs,
    long RunDeadlineMs);

public sealed record HandshakeResponse(ThreadId ThreadId, RunId? RunId = null) : ServerFrame;

public sealed record HandshakeComplete : ServerFrame;

public sealed record CaughtUp(long Seq) : ServerFrame;

/// <summary>Events up to <paramref name="Earliest"/> are no longer kept; what follows starts there.</summary>
/// <param name="Snapshot">Where the state of before can be read: an API path.</param>
public sealed record Gap(long Earliest, string Snapshot) : ServerFrame;

public sealed record Heartbeat(DateTimeOffset ServerTime) : ServerFrame;

public sealed record Pong(DateTimeOffset ServerTime) : ServerFrame;

public sealed record GoAway(long AfterMs, string Reason) : ServerFrame;

public sealed record AuthExpiring(DateTimeOffset ExpiresAt) : ServerFrame;

public sealed record AuthRefreshed(DateTimeOffset ExpiresAt) : ServerFrame;

/// <summary>An administrator changed the account: this holds from now on, in place of what the connection began with.</summary>
public sealed record AccountChanged(Tier Tier, IReadOnlyList<string> Roles, ConnectionLimits Limits) : ServerFrame;

/// <summary>The message is stored; the run will happen whatever becomes of this connection.</summary>
public sealed record MessageAccepted(string MessageId, ThreadId ThreadId, RunId RunId) : ServerFrame;

/// <summary>The words are stored; the run takes them in before its next step.</summary>
/// <param name="RunSeq">The run's last event by then.</param>
public sealed record SteerApplied(RunId RunId, string MessageId, long RunSeq) : ServerFrame;

/// <summary>The request to stop is stored; the end of what was stopped follows.</summary>
/// <param name="InvocationId">Only this sub-agent stops.</param>
/// <param name="ToolCallId">Only this tool call stops.</param>
public sealed record Stopping(RunId RunId, string? InvocationId = null, string? ToolCallId = null) : ServerFrame;

/// <param name="Error">The message again, under the name existing clients read.</param>
public sealed record ErrorFrame(
    ErrorCode Code,
    string Message,
    string Error,
    ErrorSeverity Severity,
    long? RetryAfterMs,
    IReadOnlyList<string> RecoverySuggestions,
    string? Ref) : ServerFrame
{
    public static ErrorFrame From(Refusal refusal) => new(
        refusal.Code, refusal.Message, refusal.Message, refusal.Severity, refusal.RetryAfterMs,
        refusal.RecoverySuggestions ?? [], refusal.Ref);
}

public sealed record ThreadList(IReadOnlyList<Http.ThreadView> Threads, string? Next) : ServerFrame;

public sealed record ThreadData(
    Http.ThreadView Thread, IReadOnlyList<Http.MessageView>? Messages = null, string? Next = null) : ServerFrame;

/// <param name="Offset">Characters of the message before this piece.</param>
public sealed record TextDelta(RunId RunId, MessageId MessageId, string Delta, int Offset) : ServerFrame;

/// <param name="Subject">What progresses: a run id or a job id.</param>
/// <param name="Percentage">0 to 100; null when the total is not known.</param>
public sealed record Progress(string Subject, string Operation, long Done, long? Total, double? Percentage) : ServerFrame;

public sealed record AgentTyping(RunId RunId, string AgentName) : ServerFrame;

public sealed record Backlog(long Pending, long OldestMs) : ServerFrame;

/// <summary>A part of the server does not do as it should, or does again. For everybody who is connected, and not stored.</summary>
/// <param name="Component">The next status of the same part takes this one's place.</param>
/// <param name="ExpectedRecoveryMs">Until it may be over; null when nobody can tell, and when it is.</param>
public sealed record ServiceStatus(
    string Component, ServiceCondition State, string Message, long? ExpectedRecoveryMs = null) : ServerFrame;

[JsonConverter(typeof(SnakeCaseEnumConverter<ServiceCondition>))]
public enum ServiceCondition
{
    Degraded,
    Recovered,
}
