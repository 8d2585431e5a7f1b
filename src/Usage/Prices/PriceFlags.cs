namespace Apex.Usage.Prices;

/// <summary>What a priced call's <see cref="PricedCall.Flags"/> may hold.</summary>
public static class PriceFlags
{
    /// <summary>No key matches the model, or the matching row lacks a price the call needs.</summary>
    public const string Unpriced = "unpriced";

    /// <summary>The call is older than the first known price; that first price was used.</summary>
    public const string Backfilled = "price_backfilled";

    /// <summary>The price list had dropped the model by then; its last price was used.</summary>
    public const string Retired = "price_retired";

    /// <summary>No price for cached input; the plain input price was used.</summary>
    public const string NoCachePrice = "no_cache_price";

    /// <summary>The service tier has no price of its own; the standard price was used.</summary>
    public const string NoTierPrice = "no_tier_price";

    public const string NoAudioPrice = "no_audio_price";
    public const string NoImagePrice = "no_image_price";
    public const string NoInputPrice = "no_input_price";
    public const string NoOutputPrice = "no_output_price";

    /// <summary>The whole call was priced at a long-context tier.</summary>
    public const string LongContext = "long_context_tier";
}
