using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ExactCache;

/// <summary>One replay of the log and what it adds up to.</summary>
internal sealed class AnswerSimulation
{
    private const int MaxTracked = 50_000;
    private const int TopPrompts = 20;

    private readonly Inquiry _inquiry;
    private readonly AnswerPolicy _policy;
    private readonly List<long?> _capacities;
    private readonly List<TimeSpan?> _ttls;
    private readonly AnswerKey _key;
    private readonly AnswerReplay _replay;
    private readonly int _own;
    private readonly long[] _hits;
    private readonly NanoDollars[] _saved;
    private readonly DailyAmounts _daily = new();
    private readonly Dictionary<string, (long Eligible, long Hits, NanoDollars Saved)> _features = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, TrackedPrompt> _prompts = [];
    private long _unpricedHits;
    private long _timedHits;
    private double _savedMs;

    public AnswerSimulation(Inquiry inquiry, AnswerPolicy policy)
    {
        (_inquiry, _policy) = (inquiry, policy);
        var ownTtl = ReplayGrid.Minutes(policy.TtlMinutes ?? 0);
        _capacities = ReplayGrid.Capacities(inquiry.Arguments, "capacity_grid_entries", [100, 1_000, 10_000, 100_000, 0], policy.CapacityEntries);
        _ttls = ReplayGrid.Lifetimes(inquiry.Arguments, "ttl_grid_minutes", [5, 60, 1_440, 10_080, 0], ownTtl);
        _key = new AnswerKey(policy.Scope == "user", policy.Temperature == "any");
        _replay = new AnswerReplay(_capacities, _ttls, policy.Renews == "on_use");
        _own = _replay.Index(_capacities.IndexOf(policy.CapacityEntries), _ttls.IndexOf(ownTtl));
        (_hits, _saved) = (new long[_replay.Hits.Length], new NanoDollars[_replay.Hits.Length]);
    }

    public long ForgottenKeys => _replay.ForgottenKeys;

    public bool TracksEveryPrompt => _prompts.Count < MaxTracked;

    public long Read { get; private set; }

    public IReadOnlyDictionary<string, long> Refused => _refused;

    private readonly Dictionary<string, long> _refused = new(StringComparer.Ordinal);

    public DailyAmounts Daily => _daily;

    public void Add(UsageEvent call)
    {
        Read++;
        if (_key.Refusal(call) is { } reason)
        {
            _refused[reason] = _refused.GetValueOrDefault(reason) + 1;
            return;
        }

        var key = _key.Of(call);
        _replay.Add(key, call.StartedAt.UtcTicks);
        var cost = call.CostEffective ?? NanoDollars.Zero;
        for (var i = 0; i < _hits.Length; i++)
            if (_replay.Hits[i])
            {
                _hits[i]++;
                _saved[i] += cost;
            }

        var isHit = _replay.Hits[_own];
        _daily.Add(call.StartedAt, isHit ? cost : NanoDollars.Zero);
        var feature = call.Feature ?? "";
        var sums = _features.GetValueOrDefault(feature);
        _features[feature] = (sums.Eligible + 1, sums.Hits + (isHit ? 1 : 0), sums.Saved + (isHit ? cost : NanoDollars.Zero));
        Track(key, call, isHit, isHit ? cost : NanoDollars.Zero);
        if (isHit)
            Note(call);
    }

    /// <summary>Fewer hits with more room or more time would be a mistake.</summary>
    public bool CurveRises()
    {
        for (var c = 0; c < _capacities.Count; c++)
            for (var t = 0; t < _ttls.Count; t++)
                // A longer life from storing can, by its later renewal, miss one call a shorter life would hit; from last use it cannot.
                if ((c > 0 && _hits[_replay.Index(c, t)] < _hits[_replay.Index(c - 1, t)] && IsMonotone)
                    || (t > 0 && _hits[_replay.Index(c, t)] < _hits[_replay.Index(c, t - 1)] && IsMonotone))
                    return false;
        return true;
    }

    public ExactCacheResult Result()
    {
        var days = _daily.Days;
        var store = decimal.Round(_policy.StoreUsdPerMonth / 30 * days, 9);
        var saved = _saved[_own].Dollars;
        return new ExactCacheResult(
            true, null, _policy, _inquiry.Totals.Rows, _replay.Requests, _replay.DistinctKeys, _hits[_own],
            Figures.Share(_hits[_own], _replay.Requests), Figures.Share(_hits[_own], _inquiry.Totals.Rows), saved, store, saved - store,
            _daily.PerMonth() - _policy.StoreUsdPerMonth, _unpricedHits,
            _timedHits == 0 ? null : new LatencySaved(_timedHits, Figures.Number(_savedMs), Figures.Number(_savedMs / _timedHits)), days,
            Features(), Prompts(), Curve());
    }

    private bool IsMonotone => _policy.Renews == "on_use";

    private void Track(UInt128 key, UsageEvent call, bool isHit, NanoDollars saved)
    {
        if (_prompts.TryGetValue(key, out var known))
            known.Add(isHit, saved);
        else if (TracksEveryPrompt)
            _prompts[key] = new TrackedPrompt(call);
    }

    private void Note(UsageEvent call)
    {
        _inquiry.Sample(call.EventId);
        _unpricedHits += call.CostEffective is null ? 1 : 0;
        if (call.EndedAt is not { } end)
            return;
        _timedHits++;
        _savedMs += Math.Max(0, (end - call.StartedAt).TotalMilliseconds - _policy.LookupMs);
    }

    private List<FeatureHits> Features() => _features.OrderByDescending(pair => pair.Value.Saved.Value).ThenByDescending(pair => pair.Value.Hits)
        .ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(TopPrompts)
        .Select(pair => new FeatureHits(
            pair.Key.Length == 0 ? null : pair.Key, pair.Value.Eligible, pair.Value.Hits, Figures.Share(pair.Value.Hits, pair.Value.Eligible), pair.Value.Saved.Dollars))
        .ToList();

    private List<RepeatedPrompt> Prompts() => _prompts.Values.Where(prompt => prompt.Hits > 0).Select(prompt => prompt.Shown()).OrderByDescending(prompt => prompt.SavedUsd)
        .ThenByDescending(prompt => prompt.Hits).ThenBy(prompt => prompt.EventId, StringComparer.Ordinal).Take(TopPrompts).ToList();

    private List<AnswerCurvePoint> Curve()
    {
        var points = new List<AnswerCurvePoint>();
        for (var t = 0; t < _ttls.Count; t++)
            for (var c = 0; c < _capacities.Count; c++)
            {
                var i = _replay.Index(c, t);
                points.Add(new AnswerCurvePoint(
                    _capacities[c], _ttls[t]?.TotalMinutes, _hits[i], Figures.Share(_hits[i], _replay.Requests), _saved[i].Dollars));
            }

        return points;
    }

    private sealed class TrackedPrompt(UsageEvent first)
    {
        private readonly (string Hash, string? Model, string? Feature, string EventId) _first = (first.PromptHash ?? "", first.Model, first.Feature, first.EventId);
        private long _requests = 1;
        private NanoDollars _saved;

        public long Hits { get; private set; }

        public void Add(bool isHit, NanoDollars saved)
        {
            _requests++;
            Hits += isHit ? 1 : 0;
            _saved += saved;
        }

        public RepeatedPrompt Shown() => new(_first.Hash, _first.Model, _first.Feature, _requests, Hits, _saved.Dollars, _first.EventId);
    }
}
