using Apex.Usage.Events;

namespace Apex.Usage.Prices;

/// <summary>Dated prices by model key. Immutable; a change makes a new book with a new <see cref="Version"/>.</summary>
public sealed partial class PriceBook
{
    /// <summary>Content hash with the date of the newest row; stored in every result envelope.</summary>
    public string Version => throw new NotImplementedException();

    /// <summary>Prices one call by the rules of docs/analytics.md; never guesses across model families.</summary>
    public PricedCall Price(UsageEvent call) => throw new NotImplementedException();
}

/// <summary>What a call costs by the book. All fields but <see cref="Flags"/> are null when no price row matches.</summary>
/// <param name="MatchRule">How the model key was found: exact, provider_prefix, last_segment, date_stripped.</param>
/// <param name="Flags">For instance <c>price_backfilled</c>, <c>price_retired</c>, <c>no_cache_price</c>, <c>unpriced</c>.</param>
public sealed record PricedCall(
    NanoDollars? List, NanoDollars? Effective, string? PriceRowId, string? MatchRule, IReadOnlyList<string> Flags);
