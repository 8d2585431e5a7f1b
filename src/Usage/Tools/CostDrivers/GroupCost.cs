using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.CostDrivers;

/// <summary>What one group cost in one window, split into the sides that have drivers of their own.</summary>
internal sealed class GroupCost
{
    /// <summary>Priced requests.</summary>
    public long Requests { get; private set; }

    public long InputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    /// <summary>Exact.</summary>
    public NanoDollars Cost { get; private set; }

    public double InputUsd { get; private set; }

    public double OutputUsd { get; private set; }

    /// <summary>What the input would cost were none of it read from or written to a cache.</summary>
    public double PlainInputUsd { get; private set; }

    /// <summary>Fees per request, audio and images: whatever is neither input nor output tokens at their prices.</summary>
    public double OtherUsd => ((double)Cost.Value / NanoDollars.PerDollar) - InputUsd - OutputUsd;

    public void Add(UsageEvent call, NanoDollars cost, UnitPrices? units)
    {
        Requests++;
        Cost += cost;
        if (units is null)
            return;

        InputTokens += call.InputTotal;
        OutputTokens += call.OutVisible + call.OutReasoning;
        InputUsd += (double)((call.InUncached * units.Input) + (call.InCacheRead * units.CacheRead)
            + (call.InCacheWrite5m * units.CacheWrite5m) + (call.InCacheWrite1h * units.CacheWrite1h)
            + ((call.InAudio + call.InImage) * units.Input));
        PlainInputUsd += (double)(call.InputTotal * units.Input);
        OutputUsd += (double)((call.OutVisible * (units.Output ?? 0)) + (call.OutReasoning * (units.Reasoning ?? 0)));
    }
}
