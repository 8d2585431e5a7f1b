using Apex.Usage.Events;

namespace Apex.Usage.Tools.LatencyProfile;

/// <summary>The times of one call in milliseconds; null where the call does not tell, or tells nonsense (an end before the start).</summary>
internal static class CallLatency
{
    public static double? DurationMs(UsageEvent call) => Between(call.StartedAt, call.EndedAt);

    /// <summary>Time to the first token; calls that were not streamed have none.</summary>
    public static double? FirstTokenMs(UsageEvent call) => Between(call.StartedAt, call.FirstTokenAt);

    /// <summary>Time from the first token to the end, by each token after the first.</summary>
    public static double? PerOutputTokenMs(UsageEvent call) =>
        call.OutputTotal >= 2 && call.FirstTokenAt is { } first && Between(first, call.EndedAt) is { } decode ? decode / (call.OutputTotal - 1) : null;

    private static double? Between(DateTimeOffset from, DateTimeOffset? to) => to >= from ? (to.Value - from).TotalMilliseconds : null;
}
