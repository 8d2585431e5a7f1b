using Apex.Protocol.Http;

namespace Apex.Server.Operations.Performance;

/// <summary>
/// Durations counted in buckets of which each is 5 % wider than the one before, from 10 µs to 10 minutes: percentiles are right to within
/// 5 %, and a million of them take no more room than one. Safe for concurrent use.
/// </summary>
internal sealed class LatencySketch(double targetMs)
{
    private const double SmallestMs = 0.01;
    private const double Growth = 1.05;
    private const int Buckets = 368;

    private static readonly double LogGrowth = Math.Log(Growth);

    private readonly Lock _lock = new();
    private readonly int[] _counts = new int[Buckets];
    private long _count;
    private long _within;
    private double _sum;
    private double _min = double.MaxValue;
    private double _max;

    public void Record(double milliseconds)
    {
        var bucket = milliseconds <= SmallestMs ? 0 : Math.Min(Buckets - 1, (int)(Math.Log(milliseconds / SmallestMs) / LogGrowth) + 1);
        lock (_lock)
        {
            _counts[bucket]++;
            _count++;
            _sum += milliseconds;
            _min = Math.Min(_min, milliseconds);
            _max = Math.Max(_max, milliseconds);
            if (milliseconds <= targetMs)
                _within++;
        }
    }

    /// <summary>What was recorded since the last call; null when nothing was.</summary>
    public LatencyFigures? Take()
    {
        lock (_lock)
        {
            if (_count == 0)
                return null;
            var figures = new LatencyFigures(
                _count, _within, Round(_min), Round(_sum / _count), Percentile(0.50), Percentile(0.95), Percentile(0.99), Round(_max));
            Array.Clear(_counts);
            (_count, _within, _sum, _min, _max) = (0, 0, 0, double.MaxValue, 0);
            return figures;
        }
    }

    private double Percentile(double share)
    {
        var rank = (long)Math.Ceiling(share * _count);
        var bucket = 0;
        for (var seen = 0L; bucket < Buckets && (seen += _counts[bucket]) < rank; bucket++)
        {
            // On to the bucket that holds the rank.
        }

        // The bucket's upper bound, so that no percentile is told too small; never beyond what was seen.
        return Round(Math.Clamp(SmallestMs * Math.Pow(Growth, bucket), _min, _max));
    }

    private static double Round(double milliseconds) => Math.Round(milliseconds, 3);
}
