using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.OversizedContext;

/// <summary>Judges calls one by one and sums what was found.</summary>
/// <param name="medians">Median input and output of each feature.</param>
internal sealed class ContextFindings(
    PriceBook prices, double nearShare, double timesMedian, IReadOnlyDictionary<string, (double Input, double Output)> medians)
{
    private const int RowsShown = 20;

    private readonly Dictionary<(string Model, int Above), (long Requests, decimal Excess)> _tiers = [];
    private readonly Dictionary<(string Feature, string Model), (long Near, long Crossing, long Unbalanced, decimal AtStake)> _groups = [];
    private readonly PriorityQueue<OversizedRow, decimal> _rows = new();
    private long _near;
    private long _over;
    private long _unknown;
    private decimal _nearCost;
    private long _unbalanced;
    private decimal _unbalancedExcess;

    public DailyAmounts Daily { get; } = new();

    public void Add(UsageEvent call)
    {
        var units = prices.Units(call);
        var reasons = new List<string>(3);
        IsNear(call, units, reasons);
        var crossing = Crossing(call, units, reasons);
        var length = Length(call, reasons);
        var atStake = Math.Max(crossing, length);
        Daily.Add(call.StartedAt, atStake);
        if (reasons.Count == 0)
            return;

        var key = (call.Feature ?? "", call.Model ?? "");
        var group = _groups.GetValueOrDefault(key);
        _groups[key] = (
            group.Near + One(reasons, "near_limit"), group.Crossing + One(reasons, "tier_crossing"), group.Unbalanced + One(reasons, "unbalanced"),
            group.AtStake + atStake);
        _rows.Enqueue(
            new OversizedRow(call.EventId, call.Feature, call.Model, call.InputTotal, call.OutputTotal, reasons, decimal.Round(atStake, 9)), atStake);
        if (_rows.Count > RowsShown)
            _rows.Dequeue();
    }

    public OversizedContextResult Result() => new(
        new NearLimit(_near, _over, _unknown, decimal.Round(_nearCost, 9)),
        new TierCrossing(
            _tiers.Values.Sum(tier => tier.Requests), decimal.Round(_tiers.Values.Sum(tier => tier.Excess), 9),
            _tiers.OrderByDescending(pair => pair.Value.Excess).ThenBy(pair => pair.Key.Model, StringComparer.Ordinal)
                .Select(pair => new CrossedTier(pair.Key.Model, pair.Key.Above, pair.Value.Requests, decimal.Round(pair.Value.Excess, 9))).ToList()),
        new Unbalanced(_unbalanced, decimal.Round(_unbalancedExcess, 9)),
        decimal.Round(Daily.Total, 9), Daily.PerMonth(), Groups(),
        _rows.UnorderedItems.Select(item => item.Element).OrderByDescending(row => row.AtStakeUsd).ThenBy(row => row.EventId, StringComparer.Ordinal).ToList());

    private void IsNear(UsageEvent call, UnitPrices? units, List<string> reasons)
    {
        if (units?.MaxInputTokens is not { } most)
        {
            _unknown++;
            return;
        }

        if (call.InputTotal < nearShare * most)
            return;
        _near++;
        _over += call.InputTotal > most ? 1 : 0;
        _nearCost += call.CostEffective?.Dollars ?? 0;
        reasons.Add("near_limit");
    }

    private decimal Crossing(UsageEvent call, UnitPrices? units, List<string> reasons)
    {
        if (units is not { AboveTokens: > 0 })
            return 0;
        reasons.Add("tier_crossing");
        var excess = Excess(call, units.AboveTokens);
        var key = (call.Model ?? "", units.AboveTokens);
        var tier = _tiers.GetValueOrDefault(key);
        _tiers[key] = (tier.Requests + 1, tier.Excess + excess);
        return excess;
    }

    private decimal Length(UsageEvent call, List<string> reasons)
    {
        if (call.Status != CallStatus.Success || !medians.TryGetValue(call.Feature ?? "", out var median)
            || call.InputTotal <= timesMedian * median.Input || call.OutputTotal >= median.Output)
            return 0;
        reasons.Add("unbalanced");
        var excess = Excess(call, (long)median.Input);
        _unbalanced++;
        _unbalancedExcess += excess;
        return excess;
    }

    private decimal Excess(UsageEvent call, long tokens) =>
        prices.Price(call).Effective is { } whole && prices.Price(InputCost.Cut(call, tokens)).Effective is { } cut ? (whole - cut).Dollars : 0;

    private static int One(List<string> reasons, string reason) => reasons.Contains(reason) ? 1 : 0;

    private List<OversizedGroup> Groups() => _groups.OrderByDescending(pair => pair.Value.AtStake).ThenByDescending(pair => pair.Value.Near)
        .ThenBy(pair => pair.Key.Feature, StringComparer.Ordinal).ThenBy(pair => pair.Key.Model, StringComparer.Ordinal).Take(50)
        .Select(pair =>
        {
            var median = medians.GetValueOrDefault(pair.Key.Feature);
            return new OversizedGroup(
                pair.Key.Feature.Length == 0 ? null : pair.Key.Feature, pair.Key.Model.Length == 0 ? null : pair.Key.Model, pair.Value.Near,
                pair.Value.Crossing, pair.Value.Unbalanced, decimal.Round(pair.Value.AtStake, 9), Figures.Number(median.Input), Figures.Number(median.Output));
        }).ToList();
}
