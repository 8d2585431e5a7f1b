using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// Prices replayed calls exactly as <see cref="PriceBook.Price(UsageEvent)"/> does, without making an event of each: a replay prices a call up to
/// 256 times. Belongs to one replay; not safe for concurrent use.
/// </summary>
internal sealed class RateCard(PriceBook prices)
{
    private readonly List<string> _flags = [];

    /// <summary>Effective cost; null when the model or a bucket that holds tokens has no price.</summary>
    public NanoDollars? Cost(in ReplayCall call)
    {
        if (prices.TableFor(call.Model, call.Provider, call.Source.StartedAt) is not { } found)
            return null;
        var tokens = new BucketTokens(
            call.InUncached, call.InCacheRead, call.InCacheWrite5m, call.InCacheWrite1h, call.InAudio, call.InImage, call.OutVisible,
            call.OutReasoning, call.OutAudio);
        _flags.Clear();
        if (found.Table.Rates(call.Tier, call.InputTotal).Cost(tokens, _flags) is not { } total
            || Math.Abs(total) >= long.MaxValue / NanoDollars.PerDollar)
            return null;
        return NanoDollars.FromDollars(found.Discount == 0 ? total : total * (1 - found.Discount));
    }
}
