using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// Prices replayed calls exactly as <see cref="PriceBook.Price"/> does, without making an event of each: a replay prices a call up to
/// 256 times. Belongs to one replay; not safe for concurrent use.
/// </summary>
internal sealed class RateCard(PriceBook prices)
{
    private readonly Dictionary<(PriceTable Table, int Above, ServiceTier Tier), Rates> _rates = [];

    /// <summary>Effective cost; null when the model or a bucket that holds tokens has no price.</summary>
    public NanoDollars? Cost(in ReplayCall call)
    {
        if (prices.TableFor(call.Model, call.Provider, call.Source.StartedAt) is not { } found)
            return null;
        var rates = RatesOf(found.Table, found.Table.Threshold(call.InputTotal), call.Tier);
        var total = rates.Request;
        var isPriced = Add(ref total, call.InUncached, rates.Input)
            & Add(ref total, call.InCacheRead, rates.CacheRead)
            & Add(ref total, call.InCacheWrite5m, rates.CacheWrite5m)
            & Add(ref total, call.InCacheWrite1h, rates.CacheWrite1h)
            & Add(ref total, call.InAudio, rates.InputAudio)
            & Add(ref total, call.InImage, rates.InputImage)
            & Add(ref total, call.OutVisible, rates.Output)
            & Add(ref total, call.OutReasoning, rates.Reasoning)
            & Add(ref total, call.OutAudio, rates.OutputAudio);
        if (!isPriced || Math.Abs(total) >= long.MaxValue / NanoDollars.PerDollar)
            return null;
        return NanoDollars.FromDollars(found.Discount == 0 ? total : total * (1 - found.Discount));
    }

    private Rates RatesOf(PriceTable table, int above, ServiceTier tier)
    {
        if (_rates.TryGetValue((table, above, tier), out var known))
            return known;
        var input = table.Find(PriceTerm.Input, above, tier);
        var output = table.Find(PriceTerm.Output, above, tier);
        return _rates[(table, above, tier)] = new Rates(
            table.Find(PriceTerm.Request, 0, tier) ?? 0, input, table.Find(PriceTerm.CacheRead, above, tier) ?? input,
            table.Find(PriceTerm.CacheWrite5m, above, tier) ?? input, table.Find(PriceTerm.CacheWrite1h, above, tier) ?? input,
            table.Find(PriceTerm.InputAudio, above, tier) ?? input, table.Find(PriceTerm.InputImage, above, tier) ?? input,
            output, table.Find(PriceTerm.OutputReasoning, above, tier) ?? output, table.Find(PriceTerm.OutputAudio, above, tier) ?? output);
    }

    private static bool Add(ref decimal total, long tokens, decimal? usdPerToken)
    {
        if (tokens == 0)
            return true;
        if (usdPerToken is not { } price)
            return false;
        total += tokens * price;
        return true;
    }

    private sealed record Rates(
        decimal Request, decimal? Input, decimal? CacheRead, decimal? CacheWrite5m, decimal? CacheWrite1h, decimal? InputAudio,
        decimal? InputImage, decimal? Output, decimal? Reasoning, decimal? OutputAudio);
}
