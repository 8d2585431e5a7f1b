using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.PrefixCache;

/// <summary>Prices the input of replayed rows without a cache, as the log has it, and with the replay's hits.</summary>
internal sealed class CacheBill(PriceBook prices, CacheProfile profile, string? assumedModel)
{
    private long _priced;
    private decimal _plain;
    private decimal _logged;
    private decimal _cached;

    public long WrittenTokens { get; private set; }

    public long PlainTokens { get; private set; }

    public long AssumedRows { get; private set; }

    public long WithoutCachePrice { get; private set; }

    public void Add(UsageEvent call, long hit)
    {
        var input = call.InputTotal;
        var isWritten = profile.Writes != CacheWrites.None && input >= profile.MinTokens;
        WrittenTokens += isWritten ? input - hit : 0;
        PlainTokens += isWritten ? 0 : input - hit;
        if (profile.Name == "engine")
            return;

        if (call.Model is null && assumedModel is null)
            return;
        AssumedRows += call.Model is null ? 1 : 0;
        var priced = call.Model is null ? call with { RequestModel = assumedModel, Provider = null } : call;
        if (prices.Units(priced) is not { } units)
            return;

        // Only the input is weighed, all of it as text: images and audio are cached at prices of their own.
        var written = !isWritten ? units.Input : profile.Writes == CacheWrites.FiveMinutes ? units.CacheWrite5m : units.CacheWrite1h;
        WithoutCachePrice += hit > 0 && !units.HasCacheRead ? 1 : 0;
        _priced++;
        _plain += input * units.Input;
        _logged += InputCost.Whole(call, units) + ((call.InAudio + call.InImage) * units.Input);
        _cached += (hit * units.CacheRead) + ((input - hit) * written);
    }

    public CacheMoney? Money(double days)
    {
        if (_priced == 0)
            return null;
        var saving = decimal.Round(_logged - _cached, 9);
        return new CacheMoney(
            _priced, decimal.Round(_plain, 9), decimal.Round(_logged, 9), decimal.Round(_cached, 9), saving,
            _logged == 0 ? 0 : Math.Max(0, Figures.Share((double)(saving / _logged))),
            days <= 0 ? saving : decimal.Round(saving / (decimal)days * 30, 9), WithoutCachePrice);
    }
}
