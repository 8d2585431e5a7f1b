using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CacheTtlAdvisor;

/// <summary>The calls that begin alike, in order of time.</summary>
internal sealed class PrefixHistory(string name, string model)
{
    private const int MaxFeatures = 5;

    // A longer agreement is told as this long: memory must not grow with prompts that never come again.
    private const int MaxSharedBlocks = 512;

    private readonly Dictionary<UnitPrices, (ReuseCounts Calls, WholePrompts Whole)> _counts = [];
    private readonly SortedSet<string> _features = new(StringComparer.Ordinal);
    private long[]? _shared;
    private int _sharedBlocks;
    private long _shortest = long.MaxValue;
    private int _blockTokens;
    private long? _lastTicks;
    private long _fiveMinuteCalls;
    private long _oneHourCalls;

    public long Calls { get; private set; }

    /// <summary>Leading tokens that all calls share.</summary>
    public long SharedTokens => Math.Min((long)_sharedBlocks * _blockTokens, _shortest == long.MaxValue ? 0 : _shortest);

    public void Add(UsageEvent call, IReadOnlyList<long> blocks, int blockTokens, UnitPrices units)
    {
        Calls++;
        _blockTokens = blockTokens;
        _shortest = Math.Min(_shortest, call.InputTotal);
        Share(blocks);
        if (call.Feature is { } feature && _features.Count < MaxFeatures)
            _features.Add(feature);
        _fiveMinuteCalls += call.InCacheWrite5m > 0 ? 1 : 0;
        _oneHourCalls += call.InCacheWrite1h > 0 ? 1 : 0;
        var ticks = call.StartedAt.UtcTicks;
        CountsAt(units).Calls.Add(_lastTicks is { } last ? ticks - last : null, 1);
        _lastTicks = ticks;
    }

    /// <summary>Where a call's tokens are counted by how soon they were sent again.</summary>
    public WholePrompts WholeAt(UnitPrices units) => CountsAt(units).Whole;

    public PrefixAdvice Advice(int minTokens)
    {
        var tokens = SharedTokens;
        var isLongEnough = tokens >= minTokens;
        var (calls, shared, whole) = Sums(tokens);
        var units = _counts.Keys.Last();
        var choice = isLongEnough ? Best(shared) : "none";
        var logged = _fiveMinuteCalls == 0 && _oneHourCalls == 0 ? "none" : _oneHourCalls == 0 ? "5m" : _fiveMinuteCalls == 0 ? "1h" : "mixed";
        var writesFive = calls.New + calls.Middle;
        return new PrefixAdvice(
            name, model, [.. _features], Calls, tokens, writesFive, calls.New, calls.Middle, Figures.Number((double)calls.Soon / Math.Max(1, writesFive)),
            Ratio(units.CacheWrite5m - units.Input, units.Input - units.CacheRead),
            Ratio(units.CacheWrite1h - units.CacheWrite5m, units.CacheWrite5m - units.CacheRead), Rounded(shared), choice, logged,
            isLongEnough ? decimal.Round(Paid(shared, logged) - Of(shared, choice), 9) : 0, Rounded(whole), Best(whole));
    }

    public static decimal Of(TtlCosts costs, string choice) =>
        choice switch { "5m" => costs.FiveMinutesUsd, "1h" => costs.OneHourUsd, _ => costs.NoneUsd };

    /// <summary>Of equally cheap ones the simplest.</summary>
    private static string Best(TtlCosts costs) =>
        costs.NoneUsd <= costs.FiveMinutesUsd && costs.NoneUsd <= costs.OneHourUsd ? "none" : costs.FiveMinutesUsd <= costs.OneHourUsd ? "5m" : "1h";

    // Where calls disagree no single replay is what was paid, so nothing is called wrong.
    private static decimal Paid(TtlCosts costs, string logged) =>
        logged == "mixed" ? Of(costs, Best(costs)) : Of(costs, logged);

    private static double Ratio(decimal part, decimal whole) => whole <= 0 ? 0 : Figures.Number((double)(part / whole));

    private static TtlCosts Rounded(TtlCosts costs) =>
        new(decimal.Round(costs.NoneUsd, 9), decimal.Round(costs.FiveMinutesUsd, 9), decimal.Round(costs.OneHourUsd, 9));

    private (ReuseCounts Calls, TtlCosts Shared, TtlCosts Whole) Sums(long tokens)
    {
        var calls = new ReuseCounts();
        var (shared, whole) = (new TtlCosts(0, 0, 0), new TtlCosts(0, 0, 0));
        foreach (var (units, counts) in _counts)
        {
            calls.Add(null, counts.Calls.New);
            calls.Add(ReuseCounts.OneHour, counts.Calls.Middle);
            calls.Add(0, counts.Calls.Soon);
            shared = Plus(shared, counts.Calls.Costs(units, tokens));
            whole = Plus(whole, counts.Whole.Costs(units));
        }

        return (calls, shared, whole);
    }

    private static TtlCosts Plus(TtlCosts costs, (decimal None, decimal Five, decimal Hour) more) =>
        new(costs.NoneUsd + more.None, costs.FiveMinutesUsd + more.Five, costs.OneHourUsd + more.Hour);

    private (ReuseCounts Calls, WholePrompts Whole) CountsAt(UnitPrices units)
    {
        if (!_counts.TryGetValue(units, out var counts))
            _counts[units] = counts = (new ReuseCounts(), new WholePrompts());
        return counts;
    }

    private void Share(IReadOnlyList<long> blocks)
    {
        if (_shared is null)
        {
            _shared = [.. blocks.Take(MaxSharedBlocks)];
            _sharedBlocks = _shared.Length;
            return;
        }

        var same = 0;
        while (same < _sharedBlocks && same < blocks.Count && _shared[same] == blocks[same])
            same++;
        _sharedBlocks = same;
    }
}
