using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.DataQuality;

/// <summary>
/// Measures the time between neighbouring rows. Gaps of up to a day are counted by the second, longer ones kept, so memory
/// grows with the log's days alone and the median is exact to the second.
/// </summary>
internal sealed class GapMeter
{
    private const int DaySeconds = 86_400;
    private const int Listed = 10;

    private readonly long[] _bySecond = new long[DaySeconds];
    private readonly List<double> _beyondADay = [];
    private readonly List<ClockGap> _overAnHour = [];
    private DateTimeOffset? _previous;
    private long _gaps;

    public void Add(DateTimeOffset start)
    {
        if (_previous is { } previous)
        {
            var seconds = (start - previous).TotalSeconds;
            _gaps++;
            if (seconds < DaySeconds)
                _bySecond[(int)Math.Max(0, seconds)]++;
            else
                _beyondADay.Add(seconds);
            // No log has so many hours that this list could trouble anyone: 20 years hold 175,000.
            if (seconds > 3_600)
                _overAnHour.Add(new ClockGap(previous, start, seconds / 3_600));
        }

        _previous = start;
    }

    public ClockGaps Result(TimeSpan window)
    {
        var median = Median();
        var thresholdHours = Math.Max(1, 3 * median / 3_600);
        var gaps = _overAnHour.Where(gap => gap.Hours > thresholdHours).ToList();
        var hours = gaps.Sum(gap => gap.Hours);
        return new ClockGaps(
            gaps.Count, Math.Round(hours, 2), Figures.Share(hours, window.TotalHours), median, Figures.Number(thresholdHours),
            gaps.OrderByDescending(gap => gap.Hours).ThenBy(gap => gap.From).Take(Listed)
                .Select(gap => gap with { Hours = Math.Round(gap.Hours, 2) }).ToList());
    }

    private double Median()
    {
        if (_gaps == 0)
            return 0;
        var (low, high) = ((_gaps - 1) / 2, _gaps / 2);
        return (At(low) + At(high)) / 2;
    }

    private double At(long rank)
    {
        for (var second = 0; second < DaySeconds; second++)
        {
            rank -= _bySecond[second];
            if (rank < 0)
                return second;
        }

        return _beyondADay.Order().ElementAt((int)rank);
    }
}
