using System.ComponentModel.DataAnnotations;

namespace Apex.Server.Connections;

/// <summary>Limits of a socket that are the same for everybody; what differs by tier stands in the tier table.</summary>
internal sealed record ConnectionsOptions
{
    /// <summary>Sockets open at once at one address, of all users together, those that still shake hands included; the next is closed unheard.</summary>
    [Range(1, 1_000_000)]
    public int MaxSockets { get; init; } = 20_000;

    /// <summary>How long a new TCP connection may say nothing before it is closed.</summary>
    public TimeSpan FirstBytesTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the request for a socket may take from its first byte to its last.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Largest request for a socket, request line and headers. Clients of the Netra dialect send their token seven times.</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxHandshakeBytes { get; init; } = 64 * 1024;

    /// <summary>Largest message a client may send, all fragments together.</summary>
    [Range(64 * 1024, 64 * 1024 * 1024)]
    public int MaxFrameBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>What all connections together may hold of unfinished messages over 64 KiB.</summary>
    [Range(8L * 1024 * 1024, 64L * 1024 * 1024 * 1024)]
    public long InboundBudgetBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>How long a large message waits for its share of the inbound budget before it is refused.</summary>
    public TimeSpan InboundPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a message may take from its first byte to its last.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Frames a second a client may send for long; ten times as many at once.</summary>
    [Range(1, 100_000)]
    public int FramesPerSecond { get; init; } = 100;

    /// <summary>Between two ping frames. A peer that was silent for two of them and the answer's time is gone.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How often every connection is looked at for what is due.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a client of apex.v1 may take to send its <c>resume</c>.</summary>
    public TimeSpan ResumeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A reader that was live and is this many events behind is detached with its cursor.</summary>
    [Range(1, 10_000_000)]
    public int MaxLagEvents { get; init; } = 10_000;

    /// <summary>The same in bytes of events.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxLagBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long a reader may be behind before its lag is measured.</summary>
    public TimeSpan LagCheckAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How much of the feed is laid into one write.</summary>
    [Range(4 * 1024, 1024 * 1024)]
    public int WriteBytes { get; init; } = 64 * 1024;

    /// <summary>Replies that may wait for the socket; past it the client's frames are no longer read.</summary>
    [Range(1, 10_000)]
    public int MaxWaitingReplies { get; init; } = 128;

    /// <summary>How long before its end the client is told that its token expires.</summary>
    public TimeSpan AuthWarning { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a connection of the Netra dialect outlives its token: those clients cannot refresh one. Its session's end still ends it.
    /// </summary>
    public TimeSpan NetraExpiryGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a client may owe the confirmation of an agent's event before the operators are told.</summary>
    public TimeSpan ConfirmWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often that is looked at, over all connections.</summary>
    public TimeSpan ConfirmationCheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often it is stored how far the users have come.</summary>
    public TimeSpan ReceiptInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the peer may take to answer a close frame before TCP is cut.</summary>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>On shutdown the clients are told to come back at a moment spread over this time, so that they do not all come at once.</summary>
    public TimeSpan GoAwaySpread { get; init; } = TimeSpan.FromSeconds(5);
}
