using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.LatencyProfile;

/// <summary>Counts of one group: calls that have each time, and calls within the limits.</summary>
internal sealed class LatencyCounts
{
    private long _judged;
    private long _firstWithin;
    private long _perTokenWithin;
    private long _durationWithin;
    private long _allWithin;

    public long Requests { get; private set; }

    public long WithDuration { get; private set; }

    public long WithFirstToken { get; private set; }

    public long WithPerOutputToken { get; private set; }

    public long WithSpeed { get; private set; }

    public void Add(UsageEvent call, LatencyObjectives limits)
    {
        var (duration, first, perToken) = (CallLatency.DurationMs(call), CallLatency.FirstTokenMs(call), CallLatency.PerOutputTokenMs(call));
        Requests++;
        WithDuration += duration is null ? 0 : 1;
        WithFirstToken += first is null ? 0 : 1;
        WithPerOutputToken += perToken is null ? 0 : 1;
        WithSpeed += duration > 0 ? 1 : 0;
        if (!IsJudged(first, limits.FirstTokenMs) || !IsJudged(perToken, limits.PerOutputTokenMs) || !IsJudged(duration, limits.DurationMs))
            return;

        _judged++;
        _firstWithin += IsWithin(first, limits.FirstTokenMs) ? 1 : 0;
        _perTokenWithin += IsWithin(perToken, limits.PerOutputTokenMs) ? 1 : 0;
        _durationWithin += IsWithin(duration, limits.DurationMs) ? 1 : 0;
        _allWithin += IsWithin(first, limits.FirstTokenMs) && IsWithin(perToken, limits.PerOutputTokenMs)
            && IsWithin(duration, limits.DurationMs) ? 1 : 0;
    }

    public Attainment? Attainment()
    {
        if (Proportion.Wilson(_allWithin, _judged) is not { } interval)
            return null;
        return new Attainment(
            _judged, Figures.Share(_firstWithin, _judged), Figures.Share(_perTokenWithin, _judged), Figures.Share(_durationWithin, _judged),
            Figures.Share(_allWithin, _judged), interval.Low, interval.High);
    }

    private static bool IsJudged(double? value, double? limit) => limit is null || value is not null;

    private static bool IsWithin(double? value, double? limit) => limit is null || value <= limit;
}
