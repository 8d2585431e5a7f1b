using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.Replay;

/// <summary>What parts of a call's input cost, by how they were billed. A cache serves a prompt from its beginning.</summary>
internal static class InputCost
{
    public static long NotRead(UsageEvent call) => call.InUncached + call.InCacheWrite5m + call.InCacheWrite1h;

    /// <summary>All text input as billed; audio and images are left out, their prices are their own.</summary>
    public static decimal Whole(UsageEvent call, UnitPrices units) => (call.InCacheRead * units.CacheRead) + NotReadCost(call, units);

    public static decimal NotReadCost(UsageEvent call, UnitPrices units) =>
        (call.InUncached * units.Input) + (call.InCacheWrite5m * units.CacheWrite5m) + (call.InCacheWrite1h * units.CacheWrite1h);

    /// <summary>Mean price of the tokens that were not read from a cache; the input price when there are none.</summary>
    public static decimal NotReadPrice(UsageEvent call, UnitPrices units) =>
        NotRead(call) is var tokens and > 0 ? NotReadCost(call, units) / tokens : units.Input;

    /// <summary>The first tokens of the prompt: what was read comes first, then what was written, then the rest.</summary>
    public static decimal OfFirst(long tokens, UsageEvent call, UnitPrices units)
    {
        var cost = 0m;
        Take(call.InCacheRead, units.CacheRead);
        Take(call.InCacheWrite5m, units.CacheWrite5m);
        Take(call.InCacheWrite1h, units.CacheWrite1h);
        Take(call.InUncached, units.Input);
        return cost;

        void Take(long available, decimal price)
        {
            var taken = Math.Min(tokens, available);
            cost += taken * price;
            tokens -= taken;
        }
    }

    /// <summary>The call with its input cut to so many tokens, the end of the prompt going first.</summary>
    public static UsageEvent Cut(UsageEvent call, long tokens)
    {
        var excess = Math.Max(0, call.InputTotal - tokens);
        return call with
        {
            InUncached = Left(call.InUncached), InCacheWrite1h = Left(call.InCacheWrite1h), InCacheWrite5m = Left(call.InCacheWrite5m),
            InCacheRead = Left(call.InCacheRead),
        };

        long Left(long available)
        {
            var taken = Math.Min(excess, available);
            excess -= taken;
            return available - taken;
        }
    }

    /// <summary>Visible and reasoning output as billed.</summary>
    public static decimal Output(UsageEvent call, UnitPrices units) =>
        (call.OutVisible * (units.Output ?? 0)) + (call.OutReasoning * (units.Reasoning ?? 0));
}
