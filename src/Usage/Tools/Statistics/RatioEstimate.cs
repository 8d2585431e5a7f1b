namespace Apex.Usage.Tools.Statistics;

/// <summary>
/// R = Σcost / Σunits over clusters (days, users, conversations), with the delta method's interval: the variance of the sum of
/// cost − R·units over clusters, over the units squared. Sums only, so memory does not grow with the clusters.
/// </summary>
internal sealed class RatioEstimate
{
    private const double Normal975 = 1.959963984540054;

    private double _costSquares;
    private double _costUnits;
    private double _unitSquares;
    private double _ratios;
    private long _ratioClusters;

    public long Clusters { get; private set; }

    public double Cost { get; private set; }

    public double Units { get; private set; }

    public double? Ratio => Units > 0 ? Cost / Units : null;

    /// <summary>What averaging each cluster's own ratio gives: another number, shown so that nobody takes it for the ratio.</summary>
    public double? MeanOfRatios => _ratioClusters > 0 ? _ratios / _ratioClusters : null;

    public void Add(double cost, double units)
    {
        Clusters++;
        Cost += cost;
        Units += units;
        _costSquares += cost * cost;
        _costUnits += cost * units;
        _unitSquares += units * units;
        if (units <= 0)
            return;
        _ratios += cost / units;
        _ratioClusters++;
    }

    /// <summary>Of <see cref="Ratio"/>; null under two clusters.</summary>
    public double? StandardError
    {
        get
        {
            if (Clusters < 2 || Ratio is not { } ratio)
                return null;
            var squares = _costSquares - (2 * ratio * _costUnits) + (ratio * ratio * _unitSquares);
            // Equal clusters leave a difference of rounding, which may lie below zero.
            return Math.Sqrt(Math.Max(0, squares) * Clusters / (Clusters - 1)) / Units;
        }
    }

    /// <summary>95 %; null under two clusters.</summary>
    public Interval? Interval95()
    {
        if (StandardError is not { } error || Ratio is not { } ratio)
            return null;
        var half = Normal975 * error;
        return new Interval(Math.Round(Math.Max(0, ratio - half), 9), Math.Round(ratio + half, 9));
    }
}
