using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Frames;

/// <summary>What a client may say. Unknown fields are ignored.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Resume), "resume")]
[JsonDerivedType(typeof(UserMessage), "user_message")]
[JsonDerivedType(typeof(StopAgent), "stop_agent")]
[JsonDerivedType(typeof(Steer), "steer")]
[JsonDerivedType(typeof(Approve), "approve")]
[JsonDerivedType(typeof(Ack), "ack")]
[JsonDerivedType(typeof(AuthRefresh), "auth_refresh")]
[JsonDerivedType(typeof(Typing), "typing")]
[JsonDerivedType(typeof(Ping), "ping")]
[JsonDerivedType(typeof(ListThreads), "list_threads")]
[JsonDerivedType(typeof(GetThreadHistory), "get_thread_history")]
[JsonDerivedType(typeof(CreateThread), "create_thread")]
[JsonDerivedType(typeof(RenameThread), "rename_thread")]
[JsonDerivedType(typeof(DeleteThread), "delete_thread")]
[JsonDerivedType(typeof(SwitchThread), "switch_thread")]
[JsonDerivedType(typeof(HandshakeAcknowledged), "handshake_acknowledged")]
[JsonDerivedType(typeof(HandshakeRequest), "handshake_request")]
public abstract record ClientFrame;

/// <param name="After">Last seq the client has; 0 for all that is kept; null for the head.</param>
/// <param name="Epoch">The epoch <paramref name="After"/> was counted in; null when <paramref name="After"/> is null or 0.</param>
/// <param name="Threads">Only events of these threads and of none; null for all.</param>
public sealed record Resume(
    long? After = null, string? Epoch = null, IReadOnlyList<ThreadId>? Threads = null, IReadOnlyList<string>? Lanes = null)
    : ClientFrame;

/// <param name="MessageId">The client's own, echoed in <c>message_accepted</c> and in errors.</param>
/// <param name="Traceparent">
/// Where the message came to be, as W3C Trace Context writes it: the run's spans are children of it. One that cannot be read is left out.
/// </param>
public sealed record UserMessage(
    UserMessagePayload? Payload, string? MessageId = null, string? IdempotencyKey = null, WhenBusy? WhenBusy = null, string? Traceparent = null)
    : ClientFrame;

/// <summary>The text stands in the first of <c>content, message, text, user_request</c> that is there.</summary>
public sealed record UserMessagePayload
{
    public string? Content { get; init; }
    public string? Message { get; init; }
    public string? Text { get; init; }
    public string? UserRequest { get; init; }
    public ThreadId? ThreadId { get; init; }
    public RunId? RunId { get; init; }
    public IReadOnlyList<JsonElement>? References { get; init; }

    /// <summary>Usage-log lines sent along by existing command-line clients.</summary>
    public IReadOnlyList<JsonElement>? JsonlLogs { get; init; }

    public JsonElement? AgentContext { get; init; }

    [JsonIgnore]
    public string? Words => Content ?? Message ?? Text ?? UserRequest;
}

[JsonConverter(typeof(SnakeCaseEnumConverter<WhenBusy>))]
public enum WhenBusy
{
    Enqueue,
    Reject,
    Interrupt,
    Steer,
}

/// <summary>Stops the narrowest that is named: a tool call, else a sub-agent, else the run.</summary>
public sealed record StopAgent(
    RunId? RunId = null, string? InvocationId = null, string? ToolCallId = null, string? Reason = null) : ClientFrame;

/// <summary>Adds words to a run at work, which takes them in before its next step.</summary>
/// <param name="MessageId">The client's own; the words stand in the thread as a message of this id.</param>
public sealed record Steer(RunId RunId, string? Content, string? MessageId = null, string? IdempotencyKey = null) : ClientFrame;

/// <summary>Decides what a run asked. The answer is the event <c>approval_decided</c>, on every device.</summary>
/// <param name="ArgumentsHash">Of what the user saw; another than what is asked is refused.</param>
/// <param name="Arguments">Of an edit or an answer.</param>
public sealed record Approve(
    ApprovalId ApprovalId, string? ArgumentsHash, Decision? Decision, JsonElement? Arguments = null, string? Reason = null) : ClientFrame;

/// <param name="Seq">Everything up to it was processed.</param>
public sealed record Ack(long Seq) : ClientFrame;

public sealed record AuthRefresh(string Token) : ClientFrame;

public sealed record Typing(ThreadId? ThreadId = null) : ClientFrame;

public sealed record Ping : ClientFrame;

public sealed record ListThreads(string? Cursor = null, int? Limit = null) : ClientFrame;

public sealed record GetThreadHistory(ThreadId ThreadId, string? Cursor = null, int? Limit = null) : ClientFrame;

public sealed record CreateThread(string? Title = null) : ClientFrame;

public sealed record RenameThread(ThreadId ThreadId, string Title) : ClientFrame;

public sealed record DeleteThread(ThreadId ThreadId) : ClientFrame;

public sealed record SwitchThread(ThreadId ThreadId) : ClientFrame;

public sealed record HandshakeAcknowledged(ThreadId? ThreadId = null) : ClientFrame;

public sealed record HandshakeRequest : ClientFrame;
