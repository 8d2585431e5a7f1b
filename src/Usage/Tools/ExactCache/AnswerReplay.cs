using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ExactCache;

/// <summary>
/// Replays requests by key through every (capacity, lifetime) pair of a cache of whole answers at once. The order of last use is the
/// same in every cache, because a miss stores what a hit would have moved to the front; so one stack distance answers for all
/// capacities, and expired entries keep their place. Only the age differs: it counts from the last use, or from when each
/// cache stored the answer, which is remembered per pair.
/// </summary>
internal sealed class AnswerReplay
{
    public const int DefaultMaxKeys = 2_000_000;

    private readonly long?[] _capacities;
    private readonly long?[] _ttlTicks;
    private readonly bool _renewsOnUse;
    private readonly Dictionary<UInt128, int> _numbers = [];
    private readonly List<Entry> _entries = [];
    private readonly Stack<int> _free = new();
    private readonly LruStack _stack;

    /// <param name="capacities">Entries a cache holds; null: without limit.</param>
    /// <param name="ttls">Null: never expires.</param>
    /// <param name="renewsOnUse">True: each hit renews the lifetime; false: an answer lives so long from when it was stored.</param>
    public AnswerReplay(IReadOnlyList<long?> capacities, IReadOnlyList<TimeSpan?> ttls, bool renewsOnUse, int maxKeys = DefaultMaxKeys)
    {
        _capacities = [.. capacities];
        _ttlTicks = [.. ttls.Select(ttl => ttl?.Ticks)];
        _renewsOnUse = renewsOnUse;
        _stack = new LruStack(maxKeys, Forget);
        Hits = new bool[_capacities.Length * _ttlTicks.Length];
    }

    /// <summary>Whether the last request was a hit, by capacity then lifetime.</summary>
    public bool[] Hits { get; }

    public long Requests { get; private set; }

    /// <summary>Keys seen, forgotten ones included once each time they came back.</summary>
    public long DistinctKeys { get; private set; }

    public long ForgottenKeys => _stack.Forgotten;

    public int Index(int capacity, int ttl) => (capacity * _ttlTicks.Length) + ttl;

    public void Add(UInt128 key, long ticks)
    {
        Requests++;
        if (!_numbers.TryGetValue(key, out var number))
        {
            Array.Clear(Hits);
            _stack.Touch(Store(key, ticks));
            DistinctKeys++;
            return;
        }

        var entry = _entries[number];
        if (_renewsOnUse)
            ByLastUse(_stack.Distance(number), ticks - entry.Ticks);
        else
            entry = ByStoring(entry, _stack.Distance(number), ticks);
        _entries[number] = entry with { Ticks = ticks };
        _stack.Touch(number);
    }

    private void ByLastUse(int distance, long age)
    {
        for (var c = 0; c < _capacities.Length; c++)
            for (var t = 0; t < _ttlTicks.Length; t++)
                Hits[Index(c, t)] = distance <= (_capacities[c] ?? long.MaxValue) && age <= (_ttlTicks[t] ?? long.MaxValue);
    }

    private Entry ByStoring(Entry entry, int distance, long ticks)
    {
        // Most keys come once; only those that come back need a time for each cache.
        var storedAt = entry.StoredAt;
        if (storedAt is null)
            Array.Fill(storedAt = new long[Hits.Length], entry.Ticks);
        for (var c = 0; c < _capacities.Length; c++)
            for (var t = 0; t < _ttlTicks.Length; t++)
            {
                var i = Index(c, t);
                Hits[i] = distance <= (_capacities[c] ?? long.MaxValue) && ticks - storedAt[i] <= (_ttlTicks[t] ?? long.MaxValue);
                if (!Hits[i])
                    storedAt[i] = ticks;
            }

        return entry with { StoredAt = storedAt };
    }

    private int Store(UInt128 key, long ticks)
    {
        var entry = new Entry(key, ticks, null);
        if (!_free.TryPop(out var number))
        {
            number = _entries.Count;
            _entries.Add(entry);
        }

        _entries[number] = entry;
        _numbers[key] = number;
        return number;
    }

    private void Forget(int number)
    {
        _numbers.Remove(_entries[number].Key);
        _entries[number] = default;
        _free.Push(number);
    }

    /// <param name="Ticks">Last use.</param>
    /// <param name="StoredAt">By cache; null: stored everywhere at <paramref name="Ticks"/>.</param>
    private readonly record struct Entry(UInt128 Key, long Ticks, long[]? StoredAt);
}
