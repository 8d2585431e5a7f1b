namespace Apex.Usage.Tools.LatencyDrivers;

/// <summary>What <c>latency_drivers</c> found: where the time of calls goes, and what cutting input or output would give back.</summary>
internal sealed record LatencyDriversResult(bool Answered, string? Reason, double CutShare, IReadOnlyList<ModelLatency> Models, int ModelsNotShown);

/// <param name="SampledCalls">Calls the fit rests on: up to 40 of each of up to 400 hours.</param>
/// <param name="FixedMs">What a call takes whatever its length.</param>
/// <param name="PrefillMsPerToken">More time by each input token that is not cached.</param>
/// <param name="DecodeMsPerToken">More time by each output token.</param>
/// <param name="At95">The calls around the 95th percentile of the whole time, taken apart.</param>
/// <param name="CacheCutMs">Less time of the median call when that share of its uncached input were cached.</param>
/// <param name="OutputCutMs">Less time of the median call when its output were shorter by that share.</param>
internal sealed record ModelLatency(
    string? Model,
    long Calls,
    int SampledCalls,
    double FixedMs,
    Coefficient? PrefillMsPerToken,
    Coefficient DecodeMsPerToken,
    LatencyParts At95,
    double MedianMs,
    double CacheCutMs,
    double OutputCutMs);

/// <param name="Low">Lower end of Sen's 95 % interval.</param>
internal sealed record Coefficient(double Value, double Low, double High, long Pairs);

/// <param name="OtherMs">What the fit leaves unexplained; may be negative.</param>
internal sealed record LatencyParts(
    double DurationMs, double FixedMs, double PrefillMs, double DecodeMs, double OtherMs, double FixedShare, double PrefillShare, double DecodeShare);
