namespace Apex.Usage.Prices;

/// <summary>The price row in force for a model at a moment.</summary>
/// <param name="MatchRule">exact, provider_prefix, last_segment or date_stripped.</param>
/// <param name="Flags"><see cref="PriceFlags.Backfilled"/> and <see cref="PriceFlags.Retired"/> where they hold.</param>
/// <param name="NextChangeAt">When the next known row of the key begins; null when none is known.</param>
public sealed record PriceQuote(
    PriceRow Row, string MatchRule, IReadOnlyList<string> Flags, DateTimeOffset? NextChangeAt);
