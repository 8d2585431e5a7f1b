using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.ProviderCompare;

/// <summary>Prices a family's traffic at every offer: those in use, and those the price list has beside them.</summary>
internal sealed class OfferTable(PriceBook prices, DateTimeOffset at, int limit)
{
    private readonly PriceBook _list = prices.WithDiscounts([]);
    private readonly ListedOffers _listed = new(prices, at);

    /// <summary>Null when the family has no second offer.</summary>
    public FamilyOffers? Of(string family, FamilyTraffic traffic, IReadOnlyList<UsedOffer> used)
    {
        var now = traffic.CostWhereItWent(prices, at);
        var inUse = used.Select(offer => Offer(traffic, now, offer.Model, offer.Provider, offer.Tier, offer.Region, offer.Observed)).ToList();
        var known = inUse.Where(offer => offer.PricedAs is not null).Select(offer => (offer.PricedAs, offer.ServiceTier)).ToHashSet();
        var others = _listed.Of(family).Where(one => !known.Contains((one.Row.Model, SnakeCase.Of(one.Tier))))
            .Select(one => Offer(traffic, now, one.Row.Model, one.Row.Provider, one.Tier, null, null))
            .Where(offer => offer.EffectiveUsd > 0)
            .OrderBy(offer => offer.EffectiveUsd).ThenBy(offer => offer.Model, StringComparer.Ordinal).ThenBy(offer => offer.ServiceTier, StringComparer.Ordinal)
            .ToList();
        if (inUse.Count + others.Count < 2)
            return null;
        var shown = inUse.Concat(others.Take(limit)).OrderBy(offer => offer.EffectiveUsd ?? decimal.MaxValue)
            .ThenBy(offer => offer.Model, StringComparer.Ordinal).ThenBy(offer => offer.Provider, StringComparer.Ordinal)
            .ThenBy(offer => offer.ServiceTier, StringComparer.Ordinal).ThenBy(offer => offer.Region, StringComparer.Ordinal).ToList();
        return new FamilyOffers(
            family, traffic.Requests, traffic.Cost.Dollars, now?.Dollars, traffic.LongestInput, shown, Math.Max(0, others.Count - limit));
    }

    private Offer Offer(
        FamilyTraffic traffic, NanoDollars? now, string model, string? provider, ServiceTier tier, string? region, ObservedOffer? observed)
    {
        var quote = prices.Find(model, at, provider);
        var cost = quote is null ? null : traffic.CostAt(prices, model, provider, tier, at);
        var window = prices.Facts(model, provider)?.MaxInputTokens;
        return new Offer(
            model, provider, SnakeCase.Of(tier), region, quote?.Row.Model, quote is not null && ListedOffers.HasTier(quote.Row, tier),
            quote is null ? null : traffic.CostAt(_list, model, provider, tier, at)?.Dollars, cost?.Dollars,
            now is { } before && cost is { } after ? (before - after).Dollars : null, window,
            window is { } most ? most >= traffic.LongestInput : null, observed);
    }
}

/// <summary>Where calls of a family went.</summary>
internal sealed record UsedOffer(string Model, string? Provider, ServiceTier Tier, string? Region, ObservedOffer Observed);
