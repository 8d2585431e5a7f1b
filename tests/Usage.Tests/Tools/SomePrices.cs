using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Tools;

/// <summary>Round prices of made-up models, so that expected figures can be worked out in the head.</summary>
internal static class SomePrices
{
    /// <summary>Model <c>m</c>: $2 in, $10 out, $0.2 cached, half of it as batch and as flex, twice as priority, per million tokens.</summary>
    public static PriceBook M { get; } = Of(Row("m", 2, 10, cached: 0.2m, batch: 0.5m, flex: 0.5m, priority: 2));

    public static PriceBook Of(params PriceRow[] rows) => PriceBook.Empty.With(rows);

    /// <summary>Prices in dollars per million tokens; tiers as multiples.</summary>
    public static PriceRow Row(
        string model, decimal input, decimal output, decimal? cached = null, decimal? batch = null, decimal? flex = null, decimal? priority = null,
        string? provider = null, int? maxInput = null)
    {
        var prices = new Dictionary<PriceField, decimal>();
        foreach (var (tier, multiple) in new[] { (ServiceTier.Standard, 1m), (ServiceTier.Batch, batch), (ServiceTier.Flex, flex), (ServiceTier.Priority, priority) })
            if (multiple is { } times)
            {
                prices[new PriceField(PriceTerm.Input, 0, tier)] = input * times / 1_000_000;
                prices[new PriceField(PriceTerm.Output, 0, tier)] = output * times / 1_000_000;
                if (cached is { } read)
                    prices[new PriceField(PriceTerm.CacheRead, 0, tier)] = read * times / 1_000_000;
            }

        return new PriceRow { Model = model, Provider = provider, EffectiveFrom = DateTimeOffset.Parse("2025-01-01Z"), Prices = prices, MaxInputTokens = maxInput };
    }

    /// <summary>A call of model <c>m</c>, so many seconds after 2025-12-01: a Monday, 00:00 UTC.</summary>
    public static UsageEvent Call(int id, double atSeconds, long input = 1_000, long output = 100, string model = "m") => new()
    {
        EventId = $"e{id}", Source = "test", SourceId = $"{id:000000}", StartedAt = DateTimeOffset.Parse("2025-12-01Z").AddTicks((long)(atSeconds * 1e7)),
        RequestModel = model, InUncached = input, OutVisible = output,
    };
}
