using System.Collections.Concurrent;
using Apex.Usage.Events;

namespace Apex.Usage.Prices;

/// <summary>
/// Price arithmetic of one row. A call whose input exceeds a long-context threshold is priced whole at that tier; a service
/// tier without a price of its own gets the standard one, because no discount is assumed.
/// </summary>
internal sealed class PriceTable
{
    private readonly IReadOnlyDictionary<PriceField, decimal> _prices;
    private readonly int[] _thresholdsDescending;
    private readonly ConcurrentDictionary<(ServiceTier Tier, int Above), UnitPrices?> _units = new();

    public PriceTable(IReadOnlyDictionary<PriceField, decimal> prices)
    {
        _prices = prices;
        _thresholdsDescending = prices.Keys
            .Where(field => field.AboveTokens > 0 && field.Term is PriceTerm.Input or PriceTerm.Output)
            .Select(field => field.AboveTokens).Where(above => above > 0).Distinct().OrderDescending().ToArray();
    }

    /// <summary>Null when a bucket that holds tokens has no price; the flags then say which.</summary>
    public decimal? Cost(UsageEvent call, List<string> flags)
    {
        var above = Threshold(call.InputTotal);
        if (above > 0)
            flags.Add(PriceFlags.LongContext);

        var input = Find(PriceTerm.Input, above, call.ServiceTier);
        var output = Find(PriceTerm.Output, above, call.ServiceTier);
        if (NeedsTierPrice(call.ServiceTier) && !_prices.ContainsKey(new PriceField(PriceTerm.Input, 0, call.ServiceTier)))
            flags.Add(PriceFlags.NoTierPrice);

        var total = Find(PriceTerm.Request, 0, call.ServiceTier) ?? 0m;
        var isPriced = Add(ref total, call.InUncached, input, null, flags, PriceFlags.NoInputPrice)
            & Add(ref total, call.InCacheRead, Find(PriceTerm.CacheRead, above, call.ServiceTier), input, flags, PriceFlags.NoCachePrice)
            & Add(ref total, call.InCacheWrite5m, Find(PriceTerm.CacheWrite5m, above, call.ServiceTier), input, flags, PriceFlags.NoCachePrice)
            & Add(ref total, call.InCacheWrite1h, Find(PriceTerm.CacheWrite1h, above, call.ServiceTier), input, flags, PriceFlags.NoCachePrice)
            & Add(ref total, call.InAudio, Find(PriceTerm.InputAudio, above, call.ServiceTier), input, flags, PriceFlags.NoAudioPrice)
            & Add(ref total, call.InImage, Find(PriceTerm.InputImage, above, call.ServiceTier), input, flags, PriceFlags.NoImagePrice)
            & Add(ref total, call.OutVisible, output, null, flags, PriceFlags.NoOutputPrice)
            // Most vendors bill reasoning as output, so the fall-back is the rule and not worth a flag.
            & Add(ref total, call.OutReasoning, Find(PriceTerm.OutputReasoning, above, call.ServiceTier), output, flags, null)
            & Add(ref total, call.OutAudio, Find(PriceTerm.OutputAudio, above, call.ServiceTier), output, flags, PriceFlags.NoAudioPrice);
        return isPriced ? total : null;
    }

    /// <summary>Null without a price for input.</summary>
    public UnitPrices? Units(ServiceTier tier, long inputTokens, int? maxInputTokens)
    {
        var at = (tier, Threshold(inputTokens));
        return _units.TryGetValue(at, out var known) ? known : _units.GetOrAdd(at, UnitsAt(tier, at.Item2, maxInputTokens));
    }

    private UnitPrices? UnitsAt(ServiceTier tier, int above, int? maxInputTokens)
    {
        if (Find(PriceTerm.Input, above, tier) is not { } input)
            return null;
        var read = Find(PriceTerm.CacheRead, above, tier);
        var output = Find(PriceTerm.Output, above, tier);
        var (five, hour) = (Find(PriceTerm.CacheWrite5m, above, tier), Find(PriceTerm.CacheWrite1h, above, tier));
        return new UnitPrices(
            input, read ?? input, five ?? input, hour ?? input, output, Find(PriceTerm.OutputReasoning, above, tier) ?? output, above,
            read is not null, maxInputTokens) { HasCacheWrites = five is not null && hour is not null };
    }

    /// <summary>The price of a term by the fall-back order tier at length, standard at length, tier, standard.</summary>
    public decimal? Find(PriceTerm term, int above, ServiceTier tier)
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

    public int Threshold(long inputTokens)
    {
        foreach (var above in _thresholdsDescending)
            if (inputTokens > above)
                return above;
        return 0;
    }

    private static bool NeedsTierPrice(ServiceTier tier) =>
        tier is ServiceTier.Batch or ServiceTier.Flex or ServiceTier.Priority;

    private static bool Add(
        ref decimal total, long tokens, decimal? price, decimal? fallback, List<string> flags, string? flagWhenMissing)
    {
        if (tokens == 0)
            return true;
        if (price is null && flagWhenMissing is not null && !flags.Contains(flagWhenMissing))
            flags.Add(flagWhenMissing);
        if ((price ?? fallback) is not { } usdPerToken)
            return false;
        total += tokens * usdPerToken;
        return true;
    }
}
