namespace Apex.Usage.Tools.PrefixCache;

/// <summary>What <c>prefix_cache_sim</c> found.</summary>
/// <param name="Answered">False when no row carries what the replay needs; <paramref name="Reason"/> then says what.</param>
/// <param name="Basis">block_hashes, or tools_hash: then only the tool definitions are known and every figure is a lower bound.</param>
/// <param name="Days">Length of the replayed traffic, from first to last row.</param>
internal sealed record PrefixCacheResult(
    bool Answered,
    string? Reason,
    string? Basis,
    ReplayProfile Profile,
    long Requests,
    long Blocks,
    long DistinctBlocks,
    long InputTokens,
    double MeanInputTokens,
    double MeanOutputTokens,
    double Days,
    CacheTokens Tokens,
    HitShares HitShares,
    CacheMoney? Money,
    IReadOnlyList<ReuseGap> ReuseGaps,
    IReadOnlyList<CacheGridCell> Grid);

/// <param name="TtlMinutes">Null: entries never expire.</param>
/// <param name="CapacityTokens">Null: without limit.</param>
/// <param name="Writes">none, 5m or 1h: how the tokens that were not read are billed.</param>
/// <param name="PriceModel">Model whose prices were assumed for rows without one; null when none was.</param>
internal sealed record ReplayProfile(
    string Name, int MinTokens, int StepTokens, double? TtlMinutes, long? CapacityTokens, string Writes, string Scope, string? PriceModel);

/// <param name="ReadTokens">Input found in the cache.</param>
/// <param name="WrittenTokens">Input billed as cache writes.</param>
/// <param name="PlainTokens">The rest of the input.</param>
internal sealed record CacheTokens(long ReadTokens, long WrittenTokens, long PlainTokens);

/// <summary>The same hits under each denominator.</summary>
/// <param name="TokenShare">Read tokens of all input tokens.</param>
/// <param name="AllBlockShare">Leading blocks found of all blocks, partial ones included.</param>
/// <param name="FullBlockShare">Leading full blocks found of all full blocks.</param>
/// <param name="RequestMeanShare">Mean over requests of each one's share.</param>
/// <param name="RequestShare">Requests with any hit.</param>
internal sealed record HitShares(
    double TokenShare, double AllBlockShare, double FullBlockShare, double RequestMeanShare, double RequestShare);

/// <summary>Input cost of the replayed rows that have prices.</summary>
/// <param name="PlainInputUsd">Without any cache.</param>
/// <param name="LoggedInputUsd">As the log has it: a cache that is in use already is in here.</param>
/// <param name="CachedInputUsd">With the replay's hits.</param>
/// <param name="SavingUsd">Logged less cached: what is still to be gained.</param>
/// <param name="RequestsWithoutCachePrice">Requests with hits that had to be priced as plain input: what they would save is unknown, not zero.</param>
internal sealed record CacheMoney(
    long PricedRequests,
    decimal PlainInputUsd,
    decimal LoggedInputUsd,
    decimal CachedInputUsd,
    decimal SavingUsd,
    double SavingShare,
    decimal SavingPerMonthUsd,
    long RequestsWithoutCachePrice);

/// <param name="UpToSeconds">Upper end of the bucket; null: beyond the last.</param>
internal sealed record ReuseGap(double? UpToSeconds, long Blocks, double Share, double CumulativeShare);

internal sealed record CacheGridCell(
    double? TtlMinutes, long? CapacityTokens, long ReadTokens, double TokenHitShare, double RequestHitShare);
