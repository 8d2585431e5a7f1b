using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.PrefixCache;

/// <summary>Prices the input of replayed rows without a cache and with the replay's hits.</summary>
internal sealed class CacheBill(PriceBook prices, CacheProfile profile, string? assumedModel)
{
    private long _priced;
    private NanoDollars _plain;
    private NanoDollars _cached;

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

        var model = call.Model ?? assumedModel;
        if (model is null)
            return;
        AssumedRows += call.Model is null ? 1 : 0;
        // Only the input is weighed, all of it as text: images and audio are cached at prices of their own.
        var bare = new UsageEvent
        {
            EventId = call.EventId, Source = call.Source, SourceId = call.SourceId, StartedAt = call.StartedAt,
            Provider = call.Model is null ? null : call.Provider, RequestModel = model, ServiceTier = call.ServiceTier,
        };
        var plain = prices.Price(bare with { InUncached = input });
        var cached = prices.Price(bare with
        {
            InCacheRead = hit,
            InUncached = isWritten ? 0 : input - hit,
            InCacheWrite5m = isWritten && profile.Writes == CacheWrites.FiveMinutes ? input - hit : 0,
            InCacheWrite1h = isWritten && profile.Writes == CacheWrites.OneHour ? input - hit : 0,
        });
        if (plain.List is not { } plainCost || cached.List is not { } cachedCost)
            return;
        WithoutCachePrice += cached.Flags.Contains(PriceFlags.NoCachePrice) ? 1 : 0;
        _priced++;
        _plain += plainCost;
        _cached += cachedCost;
    }

    public CacheMoney? Money(double days)
    {
        if (_priced == 0)
            return null;
        var saving = _plain - _cached;
        return new CacheMoney(
            _priced, _plain.Dollars, _cached.Dollars, saving.Dollars, Figures.Share(saving, _plain),
            days <= 0 ? saving.Dollars : decimal.Round(saving.Dollars / (decimal)days * 30, 9));
    }
}
