using Apex.Usage.Events;

namespace Apex.Usage.Prices;

/// <summary>
/// Price arithmetic of one row. A call whose input exceeds a long-context threshold is priced whole at that tier; a service
/// tier without a price of its own gets the standard one, because no discount is assumed.
/// </summary>
internal sealed class PriceTable
{
    private static readonly int Tiers = Enum.GetValues<ServiceTier>().Length;

    private readonly IReadOnlyDictionary<PriceField, decimal> _prices;
    private readonly int? _maxInputTokens;
    private readonly int[] _thresholdsDescending;

    /// <summary>By tier and threshold, made when first asked for; made twice they are equal, so nothing is locked.</summary>
    private readonly TokenRates?[] _rates;

    public PriceTable(IReadOnlyDictionary<PriceField, decimal> prices, int? maxInputTokens)
    {
        (_prices, _maxInputTokens) = (prices, maxInputTokens);
        _thresholdsDescending = prices.Keys
            .Where(field => field.AboveTokens > 0 && field.Term is PriceTerm.Input or PriceTerm.Output)
            .Select(field => field.AboveTokens).Where(above => above > 0).Distinct().OrderDescending().ToArray();
        _rates = new TokenRates?[Tiers * (_thresholdsDescending.Length + 1)];
    }

    public TokenRates Rates(ServiceTier tier, long inputTokens)
    {
        var step = 0;
        while (step < _thresholdsDescending.Length && inputTokens <= _thresholdsDescending[step])
            step++;
        ref var place = ref _rates[((int)tier * (_thresholdsDescending.Length + 1)) + step];
        return place ??= RatesAt(tier, step == _thresholdsDescending.Length ? 0 : _thresholdsDescending[step]);
    }

    private TokenRates RatesAt(ServiceTier tier, int above)
    {
        var (input, read) = (Find(PriceTerm.Input, above, tier), Find(PriceTerm.CacheRead, above, tier));
        var (five, hour) = (Find(PriceTerm.CacheWrite5m, above, tier), Find(PriceTerm.CacheWrite1h, above, tier));
        var (output, reasoning) = (Find(PriceTerm.Output, above, tier), Find(PriceTerm.OutputReasoning, above, tier));
        return new TokenRates(
            Find(PriceTerm.Request, 0, tier) ?? 0m, input, read, five, hour, Find(PriceTerm.InputAudio, above, tier),
            Find(PriceTerm.InputImage, above, tier), output, reasoning, Find(PriceTerm.OutputAudio, above, tier))
        {
            Above = above,
            LacksTierPrice = NeedsTierPrice(tier) && !_prices.ContainsKey(new PriceField(PriceTerm.Input, 0, tier)),
            Units = input is not { } plain ? null : new UnitPrices(
                plain, read ?? plain, five ?? plain, hour ?? plain, output, reasoning ?? output, above, read is not null, _maxInputTokens)
            {
                HasCacheWrites = five is not null && hour is not null,
            },
        };
    }

    /// <summary>The price of a term by the fall-back order tier at length, standard at length, tier, standard.</summary>
    private decimal? Find(PriceTerm term, int above, ServiceTier tier)
    {
        if (above > 0)
        {
            if (tier != ServiceTier.Standard && _prices.TryGetValue(new PriceField(term, above, tier), out var both))
                return both;
            if (_prices.TryGetValue(new PriceField(term, above), out var atLength))
                return atLength;
        }

        if (tier != ServiceTier.Standard && _prices.TryGetValue(new PriceField(term, 0, tier), out var ofTier))
            return ofTier;
        return _prices.TryGetValue(new PriceField(term), out var standard) ? standard : null;
    }

    private static bool NeedsTierPrice(ServiceTier tier) =>
        tier is ServiceTier.Batch or ServiceTier.Flex or ServiceTier.Priority;
}
