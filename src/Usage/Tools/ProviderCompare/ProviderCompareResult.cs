namespace Apex.Usage.Tools.ProviderCompare;

/// <summary>What <c>provider_compare</c> found: each model's traffic at every provider, tier and region that is used or in the price list.</summary>
/// <param name="Answered">False when no model of the rows has a second offer; <paramref name="Reason"/> says so.</param>
/// <param name="PricedAt">All offers are priced at this moment, the last row's.</param>
/// <param name="FamiliesAlone">Models with a single offer, which are not shown.</param>
internal sealed record ProviderCompareResult(
    bool Answered, string? Reason, DateTimeOffset? PricedAt, IReadOnlyList<FamilyOffers> Families, int FamiliesNotShown, int FamiliesAlone);

/// <param name="Family">The model's name without what sellers add to it.</param>
/// <param name="CostUsd">As it was, by the price book.</param>
/// <param name="CostNowUsd">The same tokens where they went, at the prices of <c>priced_at</c>; null where an offer in use has no price.</param>
/// <param name="LongestInputTokens">Of one call.</param>
/// <param name="Offers">Those in use, and the cheapest others; the cheapest first, without a price last.</param>
internal sealed record FamilyOffers(
    string Family, long Requests, decimal CostUsd, decimal? CostNowUsd, long LongestInputTokens, IReadOnlyList<Offer> Offers, int OffersNotShown);

/// <param name="PricedAs">Key of the price list; null without a price.</param>
/// <param name="HasTierPrice">False: the tier has no price of its own and is taken at the standard price.</param>
/// <param name="ListUsd">All the family's tokens at this offer's list price.</param>
/// <param name="EffectiveUsd">The same after contract discounts.</param>
/// <param name="SavingUsd">The family's cost now less <paramref name="EffectiveUsd"/>; negative where the offer is dearer.</param>
/// <param name="TakesLongest">Whether its window holds the family's longest input; null where the window is not known.</param>
/// <param name="Observed">Null for offers no call went to.</param>
internal sealed record Offer(
    string Model,
    string? Provider,
    string ServiceTier,
    string? Region,
    string? PricedAs,
    bool HasTierPrice,
    decimal? ListUsd,
    decimal? EffectiveUsd,
    decimal? SavingUsd,
    int? MaxInputTokens,
    bool? TakesLongest,
    ObservedOffer? Observed);

/// <summary>What the log saw of an offer. Times are of successful calls.</summary>
/// <param name="ErrorInterval">Wilson's 95 % interval of the share.</param>
internal sealed record ObservedOffer(
    long Requests,
    decimal ListUsd,
    decimal CostUsd,
    decimal? UsdPerMillionTokens,
    long Errors,
    double ErrorShare,
    Interval? ErrorInterval,
    double? FirstTokenP50Ms,
    double? FirstTokenP95Ms,
    double? DurationP50Ms,
    double? DurationP95Ms,
    double? TokensPerSecondP50);
