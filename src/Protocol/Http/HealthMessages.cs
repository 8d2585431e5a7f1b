using System.Text.Json.Serialization;

namespace Apex.Protocol.Http;

public sealed record HealthView(HealthState Status, string Version, IReadOnlyList<ComponentHealth> Components);

public sealed record ComponentHealth(string Name, HealthState Status, double? LatencyMs = null, string? LastError = null);

/// <param name="Phases">In order; the seven of the start-up.</param>
public sealed record StartupView(bool Ready, double TotalMs, IReadOnlyList<StartupPhaseView> Phases);

public sealed record StartupPhaseView(string Name, StartupPhaseState State, double? DurationMs = null, string? Error = null);

[JsonConverter(typeof(SnakeCaseEnumConverter<HealthState>))]
public enum HealthState
{
    Healthy,
    Degraded,
    Unhealthy,
}

[JsonConverter(typeof(SnakeCaseEnumConverter<StartupPhaseState>))]
public enum StartupPhaseState
{
    Pending,
    Running,
    Passed,
    Failed,
}
