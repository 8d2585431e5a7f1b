using System.Diagnostics;
using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;

namespace Apex.Server.Runs;

/// <summary>A message that asks for a run, as a client sent it: nothing in it is verified yet.</summary>
/// <param name="MessageId">The client's own or, where it gave none, a new one; echoed in every answer.</param>
/// <param name="ThreadId">Null starts a new thread.</param>
/// <param name="RunId">Null lets the server choose.</param>
/// <param name="IdempotencyKey">The same key with the same body gives the same run. Without one the message id serves as the key.</param>
/// <param name="WhenBusy">Null is <see cref="Protocol.Frames.WhenBusy.Enqueue"/>.</param>
/// <param name="Fork">The past a new thread begins with.</param>
/// <param name="Traceparent">As the client sent it.</param>
/// <param name="JsonlLogs">Log lines of command-line agents sent along; read into the usage log as far as they can be.</param>
internal sealed record StartRequest(
    string? Content,
    string MessageId,
    ThreadId? ThreadId,
    RunId? RunId,
    string? IdempotencyKey,
    WhenBusy? WhenBusy,
    string RequestId,
    IReadOnlyList<JsonElement>? JsonlLogs = null,
    ForkSource? Fork = null,
    string? Traceparent = null)
{
    /// <summary>What a browser or another system says of where the message came to be; null when it cannot be read.</summary>
    public string? Trace => ActivityContext.TryParse(Traceparent, null, isRemote: true, out _) ? Traceparent : null;
}

internal abstract record StartOutcome
{
    private StartOutcome()
    {
    }

    /// <summary>The message and its run are stored.</summary>
    /// <param name="Repeated">True when an earlier request with the same key made them.</param>
    /// <param name="SteeredAfter">The message was added to a run at work, after this event of it; null when it has a run of its own.</param>
    /// <param name="StoredAs">Of a repeat: the id under which the message is stored, for whoever gave none of his own.</param>
    public sealed record Accepted(
        MessageAccepted Reply, bool Repeated, long? SteeredAfter = null, MessageId? StoredAs = null) : StartOutcome;

    public sealed record Refused(Refusal Why) : StartOutcome;
}
