namespace Apex.Usage.Prices;

/// <summary>
/// What one token of each bucket of a call costs, in US dollars after contract discounts: the row in force at its start, at its
/// service tier and long-context tier, missing prices filled by the fall-backs of docs/analytics.md.
/// </summary>
/// <param name="Output">Null for models that never answer in tokens, such as embeddings.</param>
/// <param name="AboveTokens">Long-context threshold the call lies above; 0: none.</param>
/// <param name="HasCacheRead">False: cached input is taken at the input price because no other is known.</param>
/// <param name="MaxInputTokens">Most input tokens the model takes; null when not told.</param>
public sealed record UnitPrices(
    decimal Input, decimal CacheRead, decimal CacheWrite5m, decimal CacheWrite1h, decimal? Output, decimal? Reasoning, int AboveTokens,
    bool HasCacheRead, int? MaxInputTokens)
{
    /// <summary>True: both lifetimes have a write price of their own, so the caller chooses between them.</summary>
    public bool HasCacheWrites { get; init; }

    /// <summary>The same prices with a share of each taken off.</summary>
    internal UnitPrices Less(decimal share) => share == 0 ? this : this with
    {
        Input = Input * (1 - share), CacheRead = CacheRead * (1 - share), CacheWrite5m = CacheWrite5m * (1 - share),
        CacheWrite1h = CacheWrite1h * (1 - share), Output = Output * (1 - share), Reasoning = Reasoning * (1 - share),
    };
}
