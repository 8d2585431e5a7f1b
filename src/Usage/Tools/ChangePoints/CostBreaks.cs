using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.ChangePoints;

/// <summary>A lasting change of what a request costs.</summary>
/// <param name="Day">First day of the new level.</param>
/// <param name="Gain">Fall of the absolute deviations by cutting here, in units of the penalty: above 1.</param>
internal readonly record struct CostBreak(DateOnly Day, int Index, double Gain);

/// <summary>
/// Binary segmentation with absolute deviations from the segment's median: cut where that takes most of them away, as long as it
/// takes more than 3·ln n·σ̂, and go on in both parts. σ̂ is the day-to-day noise: the median absolute difference of neighbouring
/// days, which a level that changes a few times hardly moves.
/// </summary>
internal static class CostBreaks
{
    public const int FewestDays = 5;
    private const double PenaltyFactor = 3;

    /// <summary>A hundredth of a percent: below it a change is rounding.</summary>
    private const double LeastNoise = 1e-4;

    public static IReadOnlyList<CostBreak> Find(IReadOnlyList<CostPerRequest> days)
    {
        var breaks = new List<CostBreak>();
        if (days.Count < 2 * FewestDays)
            return breaks;
        var values = days.Select(day => day.LogUsd).ToArray();
        var penalty = PenaltyFactor * Math.Log(values.Length) * Noise(values);
        var open = new Stack<(int From, int To)>();
        open.Push((0, values.Length));
        while (open.TryPop(out var part))
        {
            if (BestCut(values, part.From, part.To) is not { } cut || cut.Gain <= penalty)
                continue;
            breaks.Add(new CostBreak(days[cut.At].Day, cut.At, cut.Gain / penalty));
            open.Push((part.From, cut.At));
            open.Push((cut.At, part.To));
        }

        breaks.Sort((left, right) => left.Index.CompareTo(right.Index));
        return breaks;
    }

    /// <summary>Standard deviation of one day's noise: that of differences is √2 of it, and their median is 0.6745 of that.</summary>
    private static double Noise(double[] values)
    {
        var differences = values.Skip(1).Select((value, i) => Math.Abs(value - values[i])).ToList();
        return Math.Max(LeastNoise, Quantiles.Median(differences) / (0.6745 * Math.Sqrt(2)));
    }

    private static (int At, double Gain)? BestCut(double[] values, int from, int to)
    {
        if (to - from < 2 * FewestDays)
            return null;
        var before = RunningDeviation(values, from, to, forward: true);
        var after = RunningDeviation(values, from, to, forward: false);
        var whole = before[to - from];
        var (best, gain) = (-1, double.NegativeInfinity);
        for (var cut = FewestDays; cut <= to - from - FewestDays; cut++)
        {
            var here = whole - before[cut] - after[to - from - cut];
            if (here > gain)
                (best, gain) = (from + cut, here);
        }

        return (best, gain);
    }

    /// <summary>Absolute deviations from the median of the first (or last) 0, 1, 2 … values: two heaps hold the halves and their sums.</summary>
    private static double[] RunningDeviation(double[] values, int from, int to, bool forward)
    {
        var result = new double[to - from + 1];
        var low = new PriorityQueue<double, double>();
        var high = new PriorityQueue<double, double>();
        var (lowSum, highSum) = (0.0, 0.0);
        for (var count = 1; count <= to - from; count++)
        {
            var value = values[forward ? from + count - 1 : to - count];
            if (low.Count == 0 || value <= low.Peek())
            {
                low.Enqueue(value, -value);
                lowSum += value;
            }
            else
            {
                high.Enqueue(value, value);
                highSum += value;
            }

            if (low.Count > high.Count + 1)
            {
                var moved = low.Dequeue();
                high.Enqueue(moved, moved);
                (lowSum, highSum) = (lowSum - moved, highSum + moved);
            }
            else if (high.Count > low.Count)
            {
                var moved = high.Dequeue();
                low.Enqueue(moved, -moved);
                (lowSum, highSum) = (lowSum + moved, highSum - moved);
            }

            var median = low.Peek();
            result[count] = (median * low.Count) - lowSum + highSum - (median * high.Count);
        }

        return result;
    }
}
