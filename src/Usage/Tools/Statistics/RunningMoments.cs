namespace Apex.Usage.Tools.Statistics;

/// <summary>Mean and variance of a stream by Welford's recurrence, which stays exact where sums of squares cancel.</summary>
internal sealed class RunningMoments
{
    private double _squares;

    public long Count { get; private set; }

    public double Mean { get; private set; }

    /// <summary>Of the population: divided by n.</summary>
    public double Variance => Count == 0 ? 0 : _squares / Count;

    public void Add(double value)
    {
        Count++;
        var before = value - Mean;
        Mean += before / Count;
        _squares += before * (value - Mean);
    }

    /// <summary>Adds the same value many times at once.</summary>
    public void Add(double value, long times)
    {
        if (times <= 0)
            return;
        var before = value - Mean;
        var count = Count + times;
        _squares += before * before * Count * times / count;
        Mean += before * times / count;
        Count = count;
    }
}
