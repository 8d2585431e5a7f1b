using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.IdleCounterfactual;

/// <summary>Follows conversations and weighs each call that comes after a pause.</summary>
internal sealed class IdleReplay(Inquiry inquiry, PriceBook prices, TimeSpan idle)
{
    private static readonly double[] BoundsMinutes = [10, 30, 60, 240, 1_440];

    private readonly ConversationStates<Last> _conversations = new();
    private readonly (long Steps, long Shifted, decimal Usd)[] _pauses = new (long, long, decimal)[BoundsMinutes.Length + 1];
    private readonly Dictionary<string, (long Steps, long Shifted, decimal Usd)> _features = new(StringComparer.Ordinal);
    private long _cached;
    private long _steps;
    private long _append;
    private long _shifted;
    private decimal _inputCost;

    public DailyAmounts Daily { get; } = new();

    public long Requests { get; private set; }

    public long DroppedConversations => _conversations.Dropped;

    public void Add(UsageEvent call, string conversation)
    {
        Requests++;
        var last = _conversations.Of(call, conversation);
        var usesCache = call.InCacheRead + call.InCacheWrite5m + call.InCacheWrite1h > 0;
        _cached += usesCache ? 1 : 0;
        var units = prices.Units(call);
        var saved = 0m;
        if (units is not null && (usesCache || last.UsesCache))
        {
            _inputCost += InputCost.Whole(call, units);
            // A step the program itself makes carries on without anybody thinking; only a user's pause is idleness.
            if (last.InputTokens > 0 && call.ParentEventId is null && call.StartedAt - last.At > idle)
                saved = Weigh(call, last, units);
        }

        Daily.Add(call.StartedAt, saved);
        (last.At, last.InputTokens, last.UsesCache) = (Later(call.EndedAt, call.StartedAt), call.InputTotal, usesCache);
    }

    public IdleCounterfactualResult Result() => new(
        _cached > 0, null, _conversations.Conversations, Requests, _cached, _steps, Figures.Share(_steps, Requests), _append, _shifted,
        decimal.Round(Daily.Total, 9), Daily.PerMonth(), _inputCost == 0 ? 0 : Figures.Share((double)(Daily.Total / _inputCost)),
        _pauses.Select((pause, i) => new PauseClass(
            i < BoundsMinutes.Length ? BoundsMinutes[i] : null, pause.Steps, pause.Shifted, decimal.Round(pause.Usd, 9))).ToList(),
        _features.OrderByDescending(pair => pair.Value.Usd).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(50)
            .Select(pair => new IdleFeature(
                pair.Key.Length == 0 ? null : pair.Key, pair.Value.Steps, pair.Value.Shifted, decimal.Round(pair.Value.Usd, 9))).ToList());

    private decimal Weigh(UsageEvent call, Last last, UnitPrices units)
    {
        var append = InputCost.NotRead(call);
        var needed = Math.Min(append, Math.Max(0, call.InputTotal - last.InputTokens));
        var shifted = append - needed;
        var usd = shifted * (InputCost.NotReadPrice(call, units) - units.CacheRead);
        _steps++;
        _append += append;
        _shifted += shifted;
        var pause = (call.StartedAt - last.At).TotalMinutes;
        var place = 0;
        while (place < BoundsMinutes.Length && pause > BoundsMinutes[place])
            place++;
        _pauses[place] = Plus(_pauses[place], shifted, usd);
        var feature = call.Feature ?? "";
        _features[feature] = Plus(_features.GetValueOrDefault(feature), shifted, usd);
        if (shifted > 0)
            inquiry.Sample(call.EventId);
        return usd;
    }

    private static (long, long, decimal) Plus((long Steps, long Shifted, decimal Usd) sums, long shifted, decimal usd) =>
        (sums.Steps + 1, sums.Shifted + shifted, sums.Usd + usd);

    private static DateTimeOffset Later(DateTimeOffset? one, DateTimeOffset other) => one > other ? one.Value : other;

    private sealed class Last
    {
        public DateTimeOffset At { get; set; }

        public long InputTokens { get; set; }

        public bool UsesCache { get; set; }
    }
}
