using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.ProviderCompare;

/// <summary>The price list's keys by family, those no longer carried left out.</summary>
internal sealed class ListedOffers
{
    private static readonly ServiceTier[] Tiers = [ServiceTier.Standard, ServiceTier.Batch, ServiceTier.Flex, ServiceTier.Priority];

    private readonly ILookup<string, PriceRow> _rows;

    public ListedOffers(PriceBook prices, DateTimeOffset at) => _rows = prices.Rows
        .Where(row => row.EffectiveFrom <= at).GroupBy(row => row.Model, StringComparer.Ordinal)
        .Select(rows => rows.MaxBy(row => row.EffectiveFrom)!) // A group is never empty.
        .Where(row => !row.Removed && row.Prices.GetValueOrDefault(new PriceField(PriceTerm.Input)) > 0)
        .ToLookup(row => ModelFamily.Of(row.Model), StringComparer.Ordinal);

    /// <summary>Each key of the family at each tier it has a price for.</summary>
    public IEnumerable<(PriceRow Row, ServiceTier Tier)> Of(string family) =>
        from row in _rows[family] from tier in Tiers where HasTier(row, tier) select (row, tier);

    public static bool HasTier(PriceRow row, ServiceTier tier) => row.Prices.ContainsKey(new PriceField(PriceTerm.Input, 0, tier));
}
