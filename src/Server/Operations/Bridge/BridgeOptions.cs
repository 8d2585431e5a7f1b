using System.ComponentModel.DataAnnotations;

namespace Apex.Server.Operations.Bridge;

/// <summary>How often and how patiently the way from a run to its user's devices is looked at.</summary>
internal sealed record BridgeOptions
{
    /// <summary>
    /// By which it waits and measures. Not the server's clock: disks and sockets take real time, and a clock that is set anew or moved by
    /// hand must not make a part look slow.
    /// </summary>
    public TimeProvider Waits { get; init; } = TimeProvider.System;

    /// <summary>Between two probes while all is well.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What a part may take to pass its probe.</summary>
    public TimeSpan ProbeWithin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After a failure, until it is looked at again.</summary>
    public TimeSpan LookAgainAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Failures in a row after which recovery begins.</summary>
    [Range(1, 100)]
    public int FailuresBeforeRecovery { get; init; } = 3;

    /// <summary>Attempts to recover, then the operators have an alert; it is still looked at, every <see cref="LongestPause"/>.</summary>
    [Range(1, 100)]
    public int RecoveryAttempts { get; init; } = 3;

    /// <summary>Before the first attempt; growing evenly in ratio up to <see cref="LongestPause"/> before the last.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the start of the server waits for the first probe; it goes on without it, degraded.</summary>
    public TimeSpan StartWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often connections are made to look by themselves while nobody wakes them.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Probes between two removals of old probe events.</summary>
    [Range(1, 10_000)]
    public int ProbesKept { get; init; } = 30;
}
