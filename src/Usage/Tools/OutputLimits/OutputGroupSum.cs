using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.OutputLimits;

/// <summary>One group's answers weighed against its percentiles and caps.</summary>
internal sealed class OutputGroupSum(double p50, double p95, double p99, IReadOnlyList<long> caps)
{
    public const double RunawayFactor = 3;
    private const int Step = 64;

    private readonly (long Cut, DailyAmounts Saved)[] _caps = [.. caps.Select(_ => (0L, new DailyAmounts()))];
    private long _requests;
    private long _max;
    private long _truncated;
    private long _runaways;
    private long? _requested;

    public double P99 => p99;

    public DailyAmounts Runaway { get; } = new();

    public static long SuggestedCap(double p99) => Math.Max(Step, (long)Math.Ceiling(RunawayFactor * p99 / Step) * Step);

    /// <returns>What the output beyond the runaway threshold costs; null for an ordinary answer.</returns>
    public decimal? Add(UsageEvent call, UnitPrices? units)
    {
        var tokens = call.OutVisible + call.OutReasoning;
        _requests++;
        _max = Math.Max(_max, tokens);
        _truncated += call.FinishReason is "length" or "max_tokens" ? 1 : 0;
        if (call.MaxOutputRequested is { } requested)
            _requested = Math.Max(_requested ?? 0, requested);
        var price = tokens == 0 || units is null ? 0 : InputCost.Output(call, units) / tokens;
        for (var i = 0; i < caps.Count; i++)
        {
            var over = Math.Max(0, tokens - caps[i]);
            _caps[i].Cut += over > 0 ? 1 : 0;
            _caps[i].Saved.Add(call.StartedAt, over * price);
        }

        var isRunaway = tokens > RunawayFactor * p99;
        var excess = isRunaway ? (tokens - (decimal)(RunawayFactor * p99)) * price : 0;
        _runaways += isRunaway ? 1 : 0;
        Runaway.Add(call.StartedAt, excess);
        return isRunaway ? excess : null;
    }

    public OutputGroup Shown(IReadOnlyDictionary<string, string?> keys) => new(
        keys, _requests, Figures.Number(p50), Figures.Number(p95), Figures.Number(p99), _max, _truncated, Figures.Share(_truncated, _requests),
        Figures.Number(RunawayFactor * p99), _runaways, decimal.Round(Runaway.Total, 9), _requested,
        _requested is { } requested && p99 > 0 ? Figures.Number(requested / p99) : null, SuggestedCap(p99),
        _caps.Select((cap, i) => new CapEffect(
            caps[i], cap.Cut, Figures.Share(cap.Cut, _requests), decimal.Round(cap.Saved.Total, 9), cap.Saved.PerMonth())).ToList());
}
