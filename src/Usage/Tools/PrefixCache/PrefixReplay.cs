namespace Apex.Usage.Tools.PrefixCache;

/// <summary>
/// Replays prompts through every (capacity, lifetime) pair of a grid at once. For a row the leading blocks are looked up as the
/// cache stood before it, then all its blocks are touched. Expired blocks keep their place, so capacity and lifetime are
/// independent tests and one pass is exact for all pairs. Capacities must rise.
/// </summary>
internal sealed class PrefixReplay
{
    /// <summary>Upper ends of the reuse-gap buckets, in seconds; one more bucket lies beyond.</summary>
    public static readonly double[] GapBounds = [1, 10, 30, 60, 300, 600, 1_800, 3_600, 14_400, 86_400];

    private readonly BlockRecency _recency;
    private readonly long?[] _capacities;
    private readonly long?[] _ttlTicks;
    private readonly ReplayCell[,] _cells;
    private readonly long[] _gaps = new long[GapBounds.Length + 1];
    private readonly int[] _withinCapacity;
    private readonly int[] _withinTtl;
    private readonly int _minTokens;
    private readonly int _stepTokens;

    /// <param name="capacitiesTokens">Null: without limit.</param>
    /// <param name="ttls">Null: never expires.</param>
    public PrefixReplay(
        IReadOnlyList<long?> capacitiesTokens, IReadOnlyList<TimeSpan?> ttls, int minTokens, int stepTokens,
        BlockRecency? recency = null)
    {
        _recency = recency ?? new BlockRecency();
        _capacities = [.. capacitiesTokens];
        _ttlTicks = [.. ttls.Select(ttl => ttl?.Ticks)];
        _cells = new ReplayCell[_capacities.Length, _ttlTicks.Length];
        for (var c = 0; c < _capacities.Length; c++)
            for (var t = 0; t < _ttlTicks.Length; t++)
                _cells[c, t] = new ReplayCell();
        (_withinCapacity, _withinTtl) = (new int[_capacities.Length], new int[_ttlTicks.Length]);
        (_minTokens, _stepTokens) = (minTokens, Math.Max(1, stepTokens));
    }

    public long Requests { get; private set; }

    public long Blocks { get; private set; }

    public long FullBlocks { get; private set; }

    public long InputTokens { get; private set; }

    public long DistinctBlocks => _recency.Distinct;

    public long ForgottenBlocks => _recency.Forgotten;

    public IReadOnlyList<long> Gaps => _gaps;

    public ReplayCell Cell(int capacity, int ttl) => _cells[capacity, ttl];

    /// <summary>Replays one prompt.</summary>
    /// <param name="blocks">Hashes in order; the last block may be partial.</param>
    public void Add(int scope, IReadOnlyList<long> blocks, int blockSize, long inputTokens, long ticks)
    {
        LookUp(scope, blocks, blockSize, ticks);
        var fullBlocks = inputTokens / blockSize;
        for (var c = 0; c < _capacities.Length; c++)
            for (var t = 0; t < _ttlTicks.Length; t++)
            {
                var found = Math.Min(_withinCapacity[c], _withinTtl[t]);
                _cells[c, t].Add(found, Hit(found, blockSize, inputTokens), Math.Min(found, fullBlocks), inputTokens);
            }

        Requests++;
        Blocks += blocks.Count;
        FullBlocks += fullBlocks;
        InputTokens += inputTokens;
        for (var i = 0; i < blocks.Count; i++)
            _recency.Touch(new Block(scope, blocks[i]), ticks);
    }

    /// <summary>For each capacity and each lifetime: how many leading blocks it alone would let be found.</summary>
    private void LookUp(int scope, IReadOnlyList<long> blocks, int blockSize, long ticks)
    {
        Array.Clear(_withinCapacity);
        Array.Clear(_withinTtl);
        long farthest = 0;
        long oldest = 0;
        for (var i = 0; i < blocks.Count; i++)
        {
            if (!_recency.TryFind(new Block(scope, blocks[i]), out var distance, out var lastTicks))
                return;
            var age = ticks - lastTicks;
            _gaps[Bucket(age)]++;
            farthest = Math.Max(farthest, distance);
            oldest = Math.Max(oldest, age);
            for (var c = 0; c < _capacities.Length; c++)
                if (_capacities[c] is not { } tokens || farthest <= tokens / blockSize)
                    _withinCapacity[c] = i + 1;
            for (var t = 0; t < _ttlTicks.Length; t++)
                if (_ttlTicks[t] is not { } ttl || oldest <= ttl)
                    _withinTtl[t] = i + 1;
        }
    }

    private long Hit(int found, int blockSize, long inputTokens)
    {
        var hit = Math.Min((long)found * blockSize, inputTokens);
        return hit < _minTokens ? 0 : hit / _stepTokens * _stepTokens;
    }

    private static int Bucket(long ticks)
    {
        var seconds = (double)ticks / TimeSpan.TicksPerSecond;
        var bucket = 0;
        while (bucket < GapBounds.Length && seconds > GapBounds[bucket])
            bucket++;
        return bucket;
    }
}

/// <summary>What one cache of the grid would have found.</summary>
internal sealed class ReplayCell
{
    public long FoundBlocks { get; private set; }

    public long FoundFullBlocks { get; private set; }

    public long HitTokens { get; private set; }

    public long HitRequests { get; private set; }

    /// <summary>Sum over requests of hit tokens by input tokens.</summary>
    public double ShareSum { get; private set; }

    /// <summary>Of the request added last.</summary>
    public long LastHitTokens { get; private set; }

    public void Add(long found, long hit, long fullFound, long inputTokens)
    {
        FoundBlocks += found;
        FoundFullBlocks += fullFound;
        HitTokens += hit;
        HitRequests += hit > 0 ? 1 : 0;
        ShareSum += inputTokens == 0 ? 0 : (double)hit / inputTokens;
        LastHitTokens = hit;
    }
}
