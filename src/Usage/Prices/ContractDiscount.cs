namespace Apex.Usage.Prices;

/// <summary>A negotiated discount on list prices, from <paramref name="From"/> on and before <paramref name="To"/>.</summary>
/// <param name="ModelPrefix">Price keys it holds for, by their beginning; empty: all.</param>
/// <param name="Share">Part of the list price taken off, 0 to 1.</param>
public sealed record ContractDiscount(string ModelPrefix, decimal Share, DateTimeOffset? From = null, DateTimeOffset? To = null);
