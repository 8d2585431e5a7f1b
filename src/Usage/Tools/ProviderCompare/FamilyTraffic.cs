using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ProviderCompare;

/// <summary>The tokens of one family of models, by where they went.</summary>
internal sealed class FamilyTraffic(LengthClasses classes)
{
    private readonly Dictionary<(string Model, string? Provider), TrafficSums> _sums = [];

    public long Requests { get; private set; }

    public NanoDollars Cost { get; private set; }

    public long LongestInput { get; private set; }

    public void Add(UsageEvent call, string model)
    {
        if (!_sums.TryGetValue((model, call.Provider), out var sums))
            _sums[(model, call.Provider)] = sums = new TrafficSums(classes);
        // Rows that count in no money total have no cost here either.
        if (!call.QualityFlags.Contains(QualityFlags.ExcludedFromMoney))
            sums.Add(call);
        Requests++;
        Cost += call.CostEffective ?? NanoDollars.Zero;
        LongestInput = Math.Max(LongestInput, call.InputTotal);
    }

    /// <summary>Every token where it went; null when one of the places has no price.</summary>
    public NanoDollars? CostWhereItWent(PriceBook prices, DateTimeOffset at) =>
        Sum(pair => pair.Value.Cost(prices, pair.Key.Model, pair.Key.Provider, at));

    /// <summary>Every token at one offer; null without a price.</summary>
    public NanoDollars? CostAt(PriceBook prices, string model, string? provider, ServiceTier tier, DateTimeOffset at) =>
        Sum(pair => pair.Value.Cost(prices, model, provider, at, tier: tier));

    private NanoDollars? Sum(Func<KeyValuePair<(string Model, string? Provider), TrafficSums>, NanoDollars?> cost)
    {
        var total = NanoDollars.Zero;
        foreach (var pair in _sums)
        {
            if (cost(pair) is not { } part)
                return null;
            total += part;
        }

        return total;
    }
}
