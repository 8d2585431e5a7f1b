using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.PrefixCache;

namespace Apex.Usage.Tools.CacheTtlAdvisor;

/// <summary>Sorts calls by how they begin and each of their blocks by how long it lay idle.</summary>
internal sealed class TtlReplay(string? priceModel, PriceBook prices, int maxPrefixes, int minTokens)
{
    public const string NoPrefixHashes = "no_prefix_hashes";
    public const string NoCacheWritePrice = "no_cache_write_price";

    private readonly Dictionary<(string Model, string Prefix), PrefixHistory> _prefixes = [];
    private readonly Dictionary<string, int> _scopes = new(StringComparer.Ordinal);
    private readonly BlockRecency _recency = new();

    public IEnumerable<PrefixHistory> Prefixes => _prefixes.Values;

    public long Requests { get; private set; }

    public long AssumedRows { get; private set; }

    public long UntrackedRows { get; private set; }

    /// <returns>Null when the call was weighed; else why not.</returns>
    public string? Add(UsageEvent call)
    {
        var byTools = call.PrefixBlockHashes is not { Count: > 0 };
        var blockTokens = (byTools ? call.ToolsTokens : call.BlockSize) ?? 0;
        if (blockTokens <= 0 || (byTools && call.ToolsHash is null))
            return NoPrefixHashes;

        var model = call.Model ?? priceModel;
        var priced = call.Model is null ? call with { RequestModel = model, Provider = null } : call;
        if (model is null || prices.Units(priced) is not { HasCacheWrites: true } units)
            return NoCacheWritePrice;

        IReadOnlyList<long> blocks = byTools ? [0] : call.PrefixBlockHashes!;
        var name = byTools ? call.ToolsHash! : blocks[0].ToString(CultureInfo.InvariantCulture);
        if (!_prefixes.TryGetValue((model, name), out var prefix))
        {
            if (_prefixes.Count == maxPrefixes)
            {
                UntrackedRows++;
                return "too_many_prefixes";
            }

            _prefixes[(model, name)] = prefix = new PrefixHistory(name, model);
        }

        Requests++;
        AssumedRows += call.Model is null ? 1 : 0;
        prefix.Add(call, blocks, blockTokens, units);
        if (!byTools)
            prefix.WholeAt(units).Add(call.InputTotal, Found(call, blocks, blockTokens, Scope(model)), minTokens);
        return null;
    }

    /// <summary>Leading tokens that lay in the cache for at most five minutes, and for at most an hour.</summary>
    private (long Soon, long WithinHour) Found(UsageEvent call, IReadOnlyList<long> blocks, int blockTokens, int scope)
    {
        var ticks = call.StartedAt.UtcTicks;
        var (soon, hour, oldest) = (0, 0, 0L);
        // A block is read only when all before it are: one missing or old block ends the hit.
        for (var i = 0; i < blocks.Count && oldest <= ReuseCounts.OneHour; i++)
        {
            if (!_recency.TryFind(new Block(scope, blocks[i]), out _, out var last))
                break;
            oldest = Math.Max(oldest, ticks - last);
            soon += oldest <= ReuseCounts.FiveMinutes ? 1 : 0;
            hour += oldest <= ReuseCounts.OneHour ? 1 : 0;
        }

        foreach (var block in blocks)
            _recency.Touch(new Block(scope, block), ticks);
        return (Math.Min((long)soon * blockTokens, call.InputTotal), Math.Min((long)hour * blockTokens, call.InputTotal));
    }

    private int Scope(string model)
    {
        if (!_scopes.TryGetValue(model, out var scope))
            _scopes[model] = scope = _scopes.Count;
        return scope;
    }
}
