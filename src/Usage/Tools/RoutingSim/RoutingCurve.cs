using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.RoutingSim;

/// <param name="Score">The router's: the higher, the sooner the call goes to the strong model.</param>
/// <param name="Weight">Calls that the row stands for, above 0.</param>
internal sealed record JudgedCall(double Score, double StrongQuality, double WeakQuality, double StrongCost, double WeakCost, double Weight);

/// <summary>
/// Quality and cost by the share of calls sent to the strong model. Calls of equal score are drawn by lot, so between two scores
/// everything is linear and the trapezoids are exact.
/// </summary>
internal sealed class RoutingCurve
{
    private readonly List<(double Share, double Quality, double Cost, double Extra)> _points = [];

    /// <param name="calls">At least one.</param>
    public RoutingCurve(IReadOnlyList<JudgedCall> calls)
    {
        var all = calls.Sum(call => call.Weight);
        (WeakQuality, WeakCost) = (calls.Sum(call => call.Weight * call.WeakQuality) / all, calls.Sum(call => call.Weight * call.WeakCost) / all);
        (StrongQuality, StrongCost) = (calls.Sum(call => call.Weight * call.StrongQuality) / all, calls.Sum(call => call.Weight * call.StrongCost) / all);
        var (share, quality, cost, extra) = (0.0, WeakQuality, WeakCost, 0.0);
        _points.Add((share, quality, cost, extra));
        foreach (var equal in calls.GroupBy(call => call.Score).OrderByDescending(group => group.Key))
        {
            share += equal.Sum(call => call.Weight) / all;
            quality += equal.Sum(call => call.Weight * (call.StrongQuality - call.WeakQuality)) / all;
            cost += equal.Sum(call => call.Weight * (call.StrongCost - call.WeakCost)) / all;
            extra += equal.Sum(call => call.Weight * call.StrongCost) / all;
            _points.Add((share, quality, cost, extra));
        }

        // Sums of shares need not end at 1 exactly.
        _points[^1] = (1, StrongQuality, StrongCost, StrongCost);
    }

    public double WeakQuality { get; }
    public double StrongQuality { get; }
    public double WeakCost { get; }
    public double StrongCost { get; }

    /// <summary>Area under the recovered gap.</summary>
    public double Apgr() => _points.Zip(_points.Skip(1), (a, b) => (b.Share - a.Share) * (Gap(a.Quality) + Gap(b.Quality)) / 2).Sum();

    /// <summary>The least share of strong calls that recovers this part, 0 to 1, of the gap.</summary>
    public double ShareFor(double gap)
    {
        for (var i = 1; i < _points.Count; i++)
        {
            var (before, after) = (Gap(_points[i - 1].Quality), Gap(_points[i].Quality));
            if (before >= gap)
                return _points[i - 1].Share;
            if (after >= gap)
                return _points[i - 1].Share + ((gap - before) / (after - before) * (_points[i].Share - _points[i - 1].Share));
        }

        return 1;
    }

    public RoutePoint At(double share)
    {
        var i = Math.Max(1, _points.FindIndex(point => point.Share >= share));
        var (a, b) = (_points[i - 1], _points[i]);
        var part = b.Share > a.Share ? Math.Clamp((share - a.Share) / (b.Share - a.Share), 0, 1) : 1;
        var (quality, cost, extra) = (a.Quality + (part * (b.Quality - a.Quality)), a.Cost + (part * (b.Cost - a.Cost)), a.Extra + (part * (b.Extra - a.Extra)));
        return new RoutePoint(
            Figures.Share(share), Figures.Share(quality), Figures.Share(Gap(quality)), Usd(cost), Usd(StrongCost) - Usd(cost),
            StrongCost == 0 ? 0 : Figures.Share((StrongCost - cost) / StrongCost), Usd(WeakCost + extra));
    }

    public static decimal Usd(double usd) => decimal.Round((decimal)usd, 9);

    private double Gap(double quality) => (quality - WeakQuality) / (StrongQuality - WeakQuality);
}
