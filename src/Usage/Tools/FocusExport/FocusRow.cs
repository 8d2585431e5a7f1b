namespace Apex.Usage.Tools.FocusExport;

/// <summary>
/// One charge of the FinOps FOCUS billing format (1.2): a day's tokens of one kind, model and tier, by the dimensions asked for.
/// Costs are US dollars; unpriced usage costs 0 and says so in <see cref="Priced"/>, because the format allows no missing cost.
/// </summary>
/// <param name="TokenType">input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, audio_image or request_fee.</param>
/// <param name="Quantity">Tokens; requests for a fee.</param>
/// <param name="Dimensions">Values of the export's own dimensions, in its order.</param>
public sealed record FocusRow(
    DateOnly Day,
    string? Provider,
    string? Region,
    string Model,
    string TokenType,
    string ServiceTier,
    string? SkuPriceId,
    long Quantity,
    decimal ListUsd,
    decimal EffectiveUsd,
    long Requests,
    bool Priced,
    IReadOnlyList<string?> Dimensions);
