using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.ConversationGrowth;

/// <summary>One turn as logged.</summary>
/// <param name="FirstTokens">Input of the conversation's first turn, which holds system text, tools and the first question.</param>
/// <param name="FreshTokens">Input nobody had sent or received before in this conversation.</param>
/// <param name="Prices">Null: unpriced, counted in tokens alone.</param>
internal sealed record Turn(UsageEvent Call, long FirstTokens, long FreshTokens, bool IsFirst, UnitPrices? Prices)
{
    public long ResentTokens => Call.InputTotal - FreshTokens;

    /// <summary>Input cost as billed.</summary>
    public decimal InputCost => Prices is null ? 0 : Replay.InputCost.Whole(Call, Prices);

    /// <summary>
    /// Input cost had the prompt been so long, of which no more than <paramref name="unchanged"/> leading tokens were those of the
    /// turn before: only they can still be read from a cache.
    /// </summary>
    public decimal CostOf(long tokens, long unchanged)
    {
        if (Prices is null)
            return 0;
        var read = Math.Min(Math.Min(Call.InCacheRead, unchanged), tokens);
        return (read * Prices.CacheRead) + ((tokens - read) * Replay.InputCost.NotReadPrice(Call, Prices));
    }
}
