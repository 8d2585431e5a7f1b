namespace Apex.Usage.Prices;

/// <summary>What a price row asks for each bucket at one service tier and long-context threshold; null: it names no price of its own.</summary>
internal sealed record TokenRates(
    decimal Request, decimal? Input, decimal? CacheRead, decimal? CacheWrite5m, decimal? CacheWrite1h, decimal? InputAudio, decimal? InputImage,
    decimal? Output, decimal? Reasoning, decimal? OutputAudio)
{
    /// <summary>Long-context threshold; 0: none.</summary>
    public required int Above { get; init; }

    /// <summary>The tier is one that vendors price apart, and this row does not.</summary>
    public required bool LacksTierPrice { get; init; }

    /// <summary>The same as prices of one token each; null without a price for input.</summary>
    public required UnitPrices? Units { get; init; }

    /// <summary>Null when a bucket that holds tokens has no price; the flags then say which.</summary>
    public decimal? Cost(in BucketTokens tokens, List<string> flags)
    {
        if (Above > 0)
            flags.Add(PriceFlags.LongContext);
        if (LacksTierPrice)
            flags.Add(PriceFlags.NoTierPrice);
        var total = Request;
        var isPriced = Add(ref total, tokens.InUncached, Input, null, flags, PriceFlags.NoInputPrice)
            & Add(ref total, tokens.InCacheRead, CacheRead, Input, flags, PriceFlags.NoCachePrice)
            & Add(ref total, tokens.InCacheWrite5m, CacheWrite5m, Input, flags, PriceFlags.NoCachePrice)
            & Add(ref total, tokens.InCacheWrite1h, CacheWrite1h, Input, flags, PriceFlags.NoCachePrice)
            & Add(ref total, tokens.InAudio, InputAudio, Input, flags, PriceFlags.NoAudioPrice)
            & Add(ref total, tokens.InImage, InputImage, Input, flags, PriceFlags.NoImagePrice)
            & Add(ref total, tokens.OutVisible, Output, null, flags, PriceFlags.NoOutputPrice)
            // Most vendors bill reasoning as output, so the fall-back is the rule and not worth a flag.
            & Add(ref total, tokens.OutReasoning, Reasoning, Output, flags, null)
            & Add(ref total, tokens.OutAudio, OutputAudio, Output, flags, PriceFlags.NoAudioPrice);
        return isPriced ? total : null;
    }

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
