using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.Replay;

/// <summary>Token buckets of many calls, added up.</summary>
internal sealed class TokenSums
{
    public long Requests { get; private set; }
    public long Input { get; private set; }
    public long CacheRead { get; private set; }
    public long CacheWrite5m { get; private set; }
    public long CacheWrite1h { get; private set; }
    public long Visible { get; private set; }
    public long Reasoning { get; private set; }

    public void Add(UsageEvent call)
    {
        Requests++;
        // Images and audio are weighed at the price of text: unit prices of their own are rarely comparable between models.
        Input += call.InUncached + call.InAudio + call.InImage;
        CacheRead += call.InCacheRead;
        CacheWrite5m += call.InCacheWrite5m;
        CacheWrite1h += call.InCacheWrite1h;
        Visible += call.OutVisible + call.OutAudio;
        Reasoning += call.OutReasoning;
    }

    /// <summary>Null when the calls answered in tokens and the model has no price for those.</summary>
    /// <param name="tokenizer">Tokens of the model that is priced by each token counted.</param>
    /// <param name="verbosity">Its output by each output token, beyond the tokenizer's.</param>
    public decimal? Cost(UnitPrices prices, decimal tokenizer, decimal verbosity)
    {
        var input = (Input * prices.Input) + (CacheRead * prices.CacheRead) + (CacheWrite5m * prices.CacheWrite5m) + (CacheWrite1h * prices.CacheWrite1h);
        var output = (Visible * prices.Output) + (Reasoning * (prices.Reasoning ?? prices.Output));
        if (output is null && Visible + Reasoning > 0)
            return null;
        return tokenizer * (input + (verbosity * (output ?? 0)));
    }
}

/// <summary>
/// The traffic of a kind of calls, ready to be priced on any model without reading the log again: prices are linear within a
/// service tier and between two long-context thresholds, so one sum for each of those is all that is kept.
/// </summary>
internal sealed class TrafficSums(LengthClasses classes)
{
    private readonly Dictionary<(ServiceTier Tier, int Class), TokenSums> _sums = [];

    public long Requests { get; private set; }

    public void Add(UsageEvent call)
    {
        Requests++;
        var key = (call.ServiceTier, classes.Of(call.InputTotal));
        if (!_sums.TryGetValue(key, out var sum))
            _sums[key] = sum = new TokenSums();
        sum.Add(call);
    }

    /// <summary>What the traffic costs on a model by the prices in force at a moment, contract discounts included; null without a price.</summary>
    public NanoDollars? Cost(
        PriceBook prices, string model, string? provider, DateTimeOffset at, decimal tokenizer = 1, decimal verbosity = 1, ServiceTier? tier = null)
    {
        decimal total = 0;
        foreach (var (key, sum) in _sums.OrderBy(pair => pair.Key))
        {
            var like = new UsageEvent
            {
                EventId = "", Source = "", SourceId = "", StartedAt = at, RequestModel = model, Provider = provider,
                ServiceTier = tier ?? key.Tier, InUncached = classes.Sample(key.Class),
            };
            if (prices.Units(like) is not { } units || sum.Cost(units, tokenizer, verbosity) is not { } cost)
                return null;
            total += cost;
        }

        return NanoDollars.FromDollars(total);
    }

    /// <summary>All buckets in one.</summary>
    public long InputTokens => _sums.Values.Sum(sum => sum.Input + sum.CacheRead + sum.CacheWrite5m + sum.CacheWrite1h);

    public long OutputTokens => _sums.Values.Sum(sum => sum.Visible + sum.Reasoning);
}

/// <summary>Input sizes between which every price of the book is linear: cut at each long-context threshold the book knows.</summary>
internal sealed class LengthClasses
{
    private readonly int[] _thresholds;

    public LengthClasses(PriceBook prices) => _thresholds = prices.Rows
        .SelectMany(row => row.Prices.Keys).Select(field => field.AboveTokens).Where(above => above > 0).Distinct().Order().ToArray();

    public int Of(long inputTokens)
    {
        var number = 0;
        while (number < _thresholds.Length && inputTokens > _thresholds[number])
            number++;
        return number;
    }

    /// <summary>An input size within the class.</summary>
    public long Sample(int number) => number == 0 ? 1 : _thresholds[number - 1] + 1L;
}
