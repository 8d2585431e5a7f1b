using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.RateLimitHeadroom;

/// <summary>
/// A token bucket that calls queue at, first come, first served. The level may fall below zero: that debt is what those in line
/// already wait for, so the wait of each call is known when it comes and nothing needs to be kept but the level.
/// </summary>
internal sealed class TokenBucket(double perMinute, double burstMinutes)
{
    private readonly double _perTick = perMinute / TimeSpan.TicksPerMinute;
    private readonly double _capacity = perMinute * burstMinutes;
    private double _level = perMinute * burstMinutes;
    private long? _last;
    private long _requests;
    private long _throttled;
    private long _tooLarge;
    private double _waitTicks;
    private double _longestTicks;

    public void Take(long ticks, long amount)
    {
        if (_last is { } last)
            _level = Math.Min(_capacity, _level + ((ticks - last) * _perTick));
        _last = ticks;
        _requests++;
        _tooLarge += amount > _capacity ? 1 : 0;
        _level -= amount;
        // A hair below zero is rounding, not a wait.
        if (_level >= -1e-6)
            return;
        var wait = -_level / _perTick;
        _throttled++;
        _waitTicks += wait;
        _longestTicks = Math.Max(_longestTicks, wait);
    }

    public Throttling Shown() => new(
        _throttled, Figures.Share(_throttled, _requests),
        _throttled == 0 ? 0 : Figures.Number(_waitTicks / _throttled / TimeSpan.TicksPerSecond),
        Figures.Number(_longestTicks / TimeSpan.TicksPerSecond), _tooLarge);
}
