namespace Apex.Usage.Tools.LatencyProfile;

/// <summary>What <c>latency_profile</c> found, over successful calls.</summary>
/// <param name="Answered">False when no successful call has an end or a first token; <paramref name="Reason"/> says what to log.</param>
/// <param name="Objectives">The limits asked for, in milliseconds; null where none was.</param>
/// <param name="Groups">Most calls first; one group for the whole when not grouped.</param>
internal sealed record LatencyProfileResult(
    bool Answered, string? Reason, LatencyObjectives Objectives, IReadOnlyList<LatencyGroup> Groups, int GroupsNotShown);

internal sealed record LatencyObjectives(double? FirstTokenMs, double? PerOutputTokenMs, double? DurationMs);

/// <param name="Duration">From start to end; null when no call tells, as with the others.</param>
/// <param name="FirstToken">Time to first token; streamed calls alone have one.</param>
/// <param name="PerOutputToken">Time per output token after the first.</param>
/// <param name="OutputTokensPerSecond">Output by the whole duration.</param>
/// <param name="Attainment">Null when no limit was asked for.</param>
internal sealed record LatencyGroup(
    IReadOnlyDictionary<string, string?> Keys,
    long Requests,
    LatencyMetric? Duration,
    LatencyMetric? FirstToken,
    LatencyMetric? PerOutputToken,
    LatencyMetric? OutputTokensPerSecond,
    Attainment? Attainment);

/// <param name="Rows">Calls that have the value.</param>
/// <param name="Percentiles">50, 90, 95 and 99, by linear interpolation at (n − 1)·p.</param>
internal sealed record LatencyMetric(long Rows, double Mean, IReadOnlyList<LatencyPercentile> Percentiles);

/// <param name="Low">Lower end of the 95 % interval by order statistics; null where the rows are too few for one.</param>
internal sealed record LatencyPercentile(double Percentile, double Value, double? Low, double? High);

/// <summary>Calls within the limits, of those that have every value a limit is set on.</summary>
/// <param name="AllShareLow">Lower end of Wilson's 95 % interval.</param>
internal sealed record Attainment(
    long JudgedRequests, double FirstTokenShare, double PerOutputTokenShare, double DurationShare,
    double AllShare, double AllShareLow, double AllShareHigh);
