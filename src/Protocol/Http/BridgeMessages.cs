using System.Text.Json.Serialization;

namespace Apex.Protocol.Http;

/// <summary>How the way from a run to its user's devices does, as operators see it.</summary>
/// <param name="Since">When it came into this state.</param>
/// <param name="Failures">Probes that failed in a row.</param>
/// <param name="Attempts">Attempts to recover since then.</param>
/// <param name="NextProbeMs">Until it is looked at again.</param>
/// <param name="Incidents">The latest first; at most 50 are kept, over restarts too.</param>
public sealed record BridgeView(
    BridgeState State, DateTimeOffset Since, int Failures, int Attempts, long NextProbeMs, IReadOnlyList<BridgePart> Parts,
    IReadOnlyList<BridgeIncident> Incidents);

/// <param name="Name"><c>store</c>, <c>hot_tier</c> or <c>delivery</c>.</param>
/// <param name="Works">Null while it is not known, because a part before it fails.</param>
/// <param name="LatencyMs">Of the last probe that it passed.</param>
/// <param name="LastError">Of the last probe that it failed, also when it works again.</param>
public sealed record BridgePart(string Name, bool? Works, double? LatencyMs = null, string? LastError = null);

/// <param name="Ended">Null while it lasts.</param>
/// <param name="Attempts">To recover, until it ended or was given up.</param>
/// <param name="GaveUp">Whether the attempts were used up and the operators had an alert.</param>
public sealed record BridgeIncident(
    string Part, string Reason, DateTimeOffset Began, DateTimeOffset? Ended = null, int Attempts = 0, bool GaveUp = false);

/// <param name="Incidents">Oldest first.</param>
public sealed record BridgeRecord(IReadOnlyList<BridgeIncident> Incidents);

[JsonConverter(typeof(SnakeCaseEnumConverter<BridgeState>))]
public enum BridgeState
{
    Uninitialized,
    Initializing,
    Active,
    Degraded,
    Failed,
}
