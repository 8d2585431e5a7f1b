using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.RateLimitHeadroom;

/// <summary>Use of the four kinds of limits by one group. Memory holds the calls of one minute.</summary>
internal sealed class LimitMeter(LimitSet limits)
{
    private readonly Queue<(long Ticks, Amounts Amounts)> _minute = [];
    private readonly KindMeter[] _kinds = LimitSet.Kinds.Select((kind, i) => new KindMeter(limits.PerMinute[i], limits.BurstMinutes)).ToArray();
    private long _refused;

    public long Requests { get; private set; }

    public void Add(UsageEvent call)
    {
        var ticks = call.StartedAt.UtcTicks;
        var amounts = Amounts.Of(call, limits.CountsCached);
        Requests++;
        _refused += call.HttpStatus == 429 ? 1 : 0;
        while (_minute.TryPeek(out var oldest) && ticks - oldest.Ticks >= TimeSpan.TicksPerMinute)
        {
            _minute.Dequeue();
            for (var i = 0; i < _kinds.Length; i++)
                _kinds[i].Leave(oldest.Amounts[i]);
        }

        _minute.Enqueue((ticks, amounts));
        for (var i = 0; i < _kinds.Length; i++)
            _kinds[i].Enter(ticks, amounts[i]);
    }

    public HeadroomGroup Shown(IReadOnlyDictionary<string, string?> keys) =>
        new(keys, Requests, _refused, LimitSet.Kinds.Select((kind, i) => _kinds[i].Shown(kind)).ToList());

    private sealed class KindMeter(double? perMinute, double burstMinutes)
    {
        private const double Margin = 1.2;
        private const double High = 0.999;

        private readonly QuantileSketch _uses = new();
        private readonly TokenBucket? _bucket = perMinute is { } limit ? new TokenBucket(limit, burstMinutes) : null;
        private long _use;
        private long _max;
        private long? _maxAt;

        public void Leave(long amount) => _use -= amount;

        public void Enter(long ticks, long amount)
        {
            _use += amount;
            _uses.Add(_use);
            _bucket?.Take(ticks, amount);
            if (_use <= _max)
                return;
            (_max, _maxAt) = (_use, ticks);
        }

        public LimitUse Shown(string kind)
        {
            var high = Math.Min(_uses.At(High), _max);
            return new LimitUse(
                kind, perMinute, _max, _maxAt is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null, Figures.Number(high),
                perMinute is { } limit ? Figures.Share(1 - (_max / limit)) : null, (long)Math.Ceiling(Margin * high), _bucket?.Shown());
        }
    }
}

/// <summary>What one call takes of each kind of limit.</summary>
internal readonly record struct Amounts(long Requests, long Tokens, long Input, long Output)
{
    public long this[int kind] => kind switch { 0 => Requests, 1 => Tokens, 2 => Input, _ => Output };

    public static Amounts Of(UsageEvent call, bool countsCached)
    {
        var input = countsCached ? call.InputTotal : call.InputTotal - call.InCacheRead;
        return new Amounts(1, input + call.OutputTotal, input, call.OutputTotal);
    }
}

/// <param name="PerMinute">By <see cref="Kinds"/>; null where none is given.</param>
internal sealed record LimitSet(IReadOnlyList<double?> PerMinute, double BurstMinutes, bool CountsCached)
{
    public static IReadOnlyList<string> Kinds { get; } = ["requests", "tokens", "input_tokens", "output_tokens"];
}
