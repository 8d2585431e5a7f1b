namespace Apex.Usage.Tools.CacheEffectiveness;

/// <summary>What <c>cache_effectiveness</c> found.</summary>
/// <param name="Groups">Those that lose most first, then those with most input never read.</param>
/// <param name="LostUsd">Sum over groups whose cache costs more than it saves.</param>
internal sealed record CacheEffectivenessResult(
    CacheUse Totals, decimal LostUsd, decimal LostPerMonthUsd, int NegativeCaches, int GroupCount, IReadOnlyList<CacheGroup> Groups);

/// <param name="Keys">By the dimensions asked for.</param>
/// <param name="IsNegative">True: writing costs more than reading saves.</param>
internal sealed record CacheGroup(IReadOnlyDictionary<string, string?> Keys, bool IsNegative, CacheUse Use);

/// <param name="ReadShare">Input tokens read from the cache, of all input tokens.</param>
/// <param name="ReadsPerWrittenToken">Null where nothing was written.</param>
/// <param name="ReadSavingUsd">What the reads would have cost more as plain input.</param>
/// <param name="WritePremiumUsd">What the writes cost more than plain input.</param>
/// <param name="NetSavingUsd">The former less the latter.</param>
/// <param name="ZeroReadRequests">Calls long enough for a cache that read nothing from one.</param>
/// <param name="ZeroReadInputUsd">What the input of these calls cost: the money a cache could act on, not a saving.</param>
internal sealed record CacheUse(
    long Requests,
    long InputTokens,
    long ReadTokens,
    long WrittenTokens,
    double ReadShare,
    double? ReadsPerWrittenToken,
    decimal ReadSavingUsd,
    decimal WritePremiumUsd,
    decimal NetSavingUsd,
    long ZeroReadRequests,
    double ZeroReadRequestShare,
    decimal ZeroReadInputUsd);
