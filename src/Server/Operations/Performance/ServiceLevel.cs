using Apex.Protocol.Http;

namespace Apex.Server.Operations.Performance;

/// <summary>What users may expect of one kind of duration.</summary>
/// <param name="Instrument">Of <c>/metrics</c>, in milliseconds: where the durations come from.</param>
/// <param name="TargetMs">What counts as within.</param>
/// <param name="Objective">Share of durations that must be within, 0 to 1.</param>
internal sealed record ServiceLevel(string Name, string Title, string Instrument, double TargetMs, double Objective)
{
    public static IReadOnlyList<ServiceLevel> All { get; } =
    [
        new("message_accepted", "a message is stored", "apex.runs.accept.duration", 100, 0.99),
        new("run_begun", "its run has begun", "apex.runs.queue.duration", 1_000, 0.99),
        new("event_delivered", "an event is on its way to a live device", "apex.connections.delivery.duration", 1_000, 0.999),
        new("agent_reply", "the reply is there", "apex.runs.duration", 60_000, 0.99),
    ];

    /// <summary>How the level stands over some minutes.</summary>
    public ServiceLevelView Over(IReadOnlyList<PerformanceMinute> minutes)
    {
        var figures = minutes.Select(minute => minute.Latencies.GetValueOrDefault(Name)).OfType<LatencyFigures>().ToList();
        var count = figures.Sum(static one => one.Count);
        var share = count == 0 ? 1 : (double)figures.Sum(static one => one.Within) / count;
        return new ServiceLevelView(
            Name, Title, TargetMs, Objective, count, Math.Round(share, 5), share >= Objective,
            count == 0 ? null : figures.Max(static one => one.P99Ms));
    }
}
