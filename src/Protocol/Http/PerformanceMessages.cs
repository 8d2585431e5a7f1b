namespace Apex.Protocol.Http;

/// <summary>Durations of one kind over one minute, in milliseconds; percentiles to within 5 %.</summary>
/// <param name="Within">How many were within the target of the service level.</param>
public sealed record LatencyFigures(
    long Count, long Within, double MinMs, double MeanMs, double P50Ms, double P95Ms, double P99Ms, double MaxMs);

/// <summary>One minute of a server.</summary>
/// <param name="At">Its end.</param>
/// <param name="Latencies">By service level; one that nothing happened for is left out.</param>
/// <param name="FramesSent">Frames written to sockets in it.</param>
/// <param name="ConnectionsRefused">Requests for a socket that were refused in it.</param>
/// <param name="Unconfirmed">Open connections at its end whose client owes a confirmation for too long.</param>
/// <param name="CpuPercent">Of one core, over the minute.</param>
public sealed record PerformanceMinute(
    DateTimeOffset At,
    IReadOnlyDictionary<string, LatencyFigures> Latencies,
    int Connections,
    long FramesSent,
    long ConnectionsRefused,
    int Unconfirmed,
    long ResidentBytes,
    long HeapBytes,
    double CpuPercent);

/// <summary>How a service level stands over the minutes asked for.</summary>
/// <param name="Objective">Share that must be within the target, 0 to 1.</param>
/// <param name="Share">Share that was; 1 when nothing happened.</param>
/// <param name="WorstP99Ms">The worst minute's 99th percentile; left out when nothing happened.</param>
public sealed record ServiceLevelView(
    string Name, string Title, double TargetMs, double Objective, long Count, double Share, bool Met, double? WorstP99Ms = null);

/// <param name="Minutes">Oldest first, as many as were asked for and are kept.</param>
public sealed record PerformanceView(IReadOnlyList<ServiceLevelView> ServiceLevels, IReadOnlyList<PerformanceMinute> Minutes);
