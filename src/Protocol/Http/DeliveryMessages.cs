using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Http;

/// <param name="Title">1 to 200 characters.</param>
/// <param name="Body">1 to 4,000 characters.</param>
/// <param name="Severity">Default info.</param>
/// <param name="Audience">Default all.</param>
/// <param name="IdempotencyKey">The same key with the same content is the same broadcast; 1 to 200 characters.</param>
public sealed record BroadcastRequest(
    string? Title, string? Body, BroadcastSeverity? Severity = null, BroadcastAudience? Audience = null, string? IdempotencyKey = null);

/// <param name="State"><c>sending</c> until every addressee has it in the feed, then <c>sent</c>.</param>
/// <param name="Recipients">Users who have it in their feed.</param>
/// <param name="Delivered">Of these, how many had it handed to one of their sockets.</param>
/// <param name="Confirmed">Of these, how many have a client that said it has processed it.</param>
public sealed record BroadcastView(
    string Id,
    string Title,
    string Body,
    BroadcastSeverity Severity,
    BroadcastAudience Audience,
    UserId Author,
    DateTimeOffset CreatedAt,
    string State,
    long Recipients,
    long Delivered,
    long Confirmed);

/// <param name="Broadcasts">Newest first.</param>
public sealed record BroadcastList(IReadOnlyList<BroadcastView> Broadcasts);

/// <summary>A broadcast as the one it was sent to sees it.</summary>
public sealed record ReceivedBroadcast(string Id, string Title, string Body, BroadcastSeverity Severity, DateTimeOffset CreatedAt);

/// <param name="Broadcasts">Not put away yet, newest first, at most 20.</param>
public sealed record ReceivedBroadcastList(IReadOnlyList<ReceivedBroadcast> Broadcasts);

/// <summary>What became of a run's events on the way to its user.</summary>
/// <param name="Events">Events of the run so far.</param>
/// <param name="LastSeq">Seq of the newest; 0 before the first.</param>
/// <param name="Delivered">How many of them were handed to a socket of the user.</param>
/// <param name="Confirmed">How many of them a client of the user said it has processed.</param>
/// <param name="Connections">The user's open sockets.</param>
public sealed record RunDeliveryView(
    RunId RunId, long Events, long LastSeq, long Delivered, long Confirmed, IReadOnlyList<ConnectionDeliveryView> Connections);

/// <summary>One open socket.</summary>
/// <param name="Dialect"><c>apex.v1</c> or <c>netra</c>.</param>
/// <param name="State"><c>opening</c>, <c>live</c>, <c>closing</c> or <c>closed</c>.</param>
/// <param name="Sent">Highest seq handed to the socket.</param>
/// <param name="Confirmed">Highest seq the client said it has processed; 0 when it never did.</param>
/// <param name="Lag">Events of the feed not yet handed to it.</param>
/// <param name="UserId">Left out where all are the caller's own.</param>
public sealed record ConnectionDeliveryView(
    string ConnectionId, string Dialect, string State, DateTimeOffset Since, long Sent, long Confirmed, long Lag, UserId? UserId = null);

/// <param name="Resumed">Sockets since the start that went on from a cursor.</param>
/// <param name="Refused">Requests for a socket since the start that were refused.</param>
/// <param name="Unconfirmed">Open sockets whose client has confirmed nothing of what it was given for 30 s or more.</param>
public sealed record ConnectionReport(
    int Open, long FramesSent, long Confirmations, long Resumed, long Refused, int Unconfirmed,
    IReadOnlyList<ConnectionDeliveryView> Connections);
