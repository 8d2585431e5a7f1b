using Apex.Protocol.Frames;

namespace Apex.Client;

/// <summary>How a connection behaves. The defaults suit a program that shows a run to a person.</summary>
public sealed record ApexConnectionOptions
{
    /// <summary>Last event the application has; 0 for everything the server keeps; null to start at the head.</summary>
    public long? After { get; init; }

    /// <summary>The epoch <see cref="After"/> was counted in, from <see cref="ApexConnection.Epoch"/>; null with 0 or null.</summary>
    public string? Epoch { get; init; }

    /// <summary>First wait after a failed attempt; doubles up to <see cref="LongestWait"/>. The very first attempt comes at once.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one attempt to connect may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A silent connection is given up after this long without an answer to a ping.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A message refused for now (too many, busy, the store away) is sent again after the time the server gives, if that is no longer than
    /// this; else the refusal is the caller's.
    /// </summary>
    public TimeSpan LongestRefusal { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Told each such refusal before its wait. Called from the connection's own loop: must return at once.</summary>
    public Action<ErrorFrame>? Postponed { get; init; }

    /// <summary>Events received and not yet taken by the application; the socket is read no further while it is full.</summary>
    public int BufferedEvents { get; init; } = 1024;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told each change of state. Called from the connection's own loop: must return at once.</summary>
    public Action<ConnectionState>? StateChanged { get; init; }

    /// <summary>Told when the server no longer has what was missed: the application reads the snapshot and goes on with the events.</summary>
    public Action<Gap>? GapFound { get; init; }

    /// <summary>Told transient frames; may be lost.</summary>
    public Action<ServerFrame>? Hinted { get; init; }

    /// <summary>Spreads the waits between attempts.</summary>
    internal Random Jitter { get; init; } = Random.Shared;

    /// <summary>How sockets are opened: over the network, unless a simulation plays its part.</summary>
    internal ISocketOpener Sockets { get; init; } = new NetworkSockets();
}
