namespace Apex.Usage.Tools.PrefixCache;

/// <summary>
/// Replays prompts through every (capacity, lifetime) pair of a grid at once. For a row the leading blocks are looked up as the
/// cache stood before it, then all its blocks are touched. Expired blocks keep their place, so capacity and lifetime are
/// independent tests and one pass is exact for all pairs. Capacities and lifetimes must rise.
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
    private int[] _numbers = new int[256];
    private int _found;
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
        ReadOnlySpan<long> hashes = blocks as long[] ?? [.. blocks];
        LookUp(scope, hashes, blockSize, ticks);
        var fullBlocks = inputTokens / blockSize;
        Count(blockSize, inputTokens, fullBlocks);
        Requests++;
        Blocks += hashes.Length;
        FullBlocks += fullBlocks;
        InputTokens += inputTokens;
        Touch(scope, hashes, ticks);
    }

    private void Count(int blockSize, long inputTokens, long fullBlocks)
    {
        // Most cells of a row of the grid find the same.
        var (known, hit, share) = (-1, 0L, 0d);
        for (var c = 0; c < _capacities.Length; c++)
            for (var t = 0; t < _ttlTicks.Length; t++)
            {
                var found = Math.Min(_withinCapacity[c], _withinTtl[t]);
                if (found != known)
                {
                    (known, hit) = (found, Hit(found, blockSize, inputTokens));
                    share = inputTokens == 0 ? 0 : (double)hit / inputTokens;
                }

                _cells[c, t].Add(found, hit, Math.Min(found, fullBlocks), share);
            }
    }

    private void Touch(int scope, ReadOnlySpan<long> blocks, long ticks)
    {
        var forgotten = _recency.Forgotten;
        _recency.Warm(scope, blocks[_found..]);
        for (var i = 0; i < blocks.Length; i++)
            // Numbers found in the look-up hold until something is forgotten: then they may belong to another block.
            if (i < _found && forgotten == _recency.Forgotten)
                _recency.Touch(_numbers[i], ticks);
            else
                _recency.Touch(new Block(scope, blocks[i]), ticks);
    }

    /// <summary>For each capacity and each lifetime: how many leading blocks it alone would let be found.</summary>
    private void LookUp(int scope, ReadOnlySpan<long> blocks, int blockSize, long ticks)
    {
        if (_numbers.Length < blocks.Length)
            _numbers = new int[blocks.Length * 2];
        _found = 0;
        // Both grids rise, so the first places that still hold only move up, and each is passed once a prompt.
        var (capacity, ttl) = (0, 0);
        var (lastAge, bucket) = (-1L, 0);
        for (; _found < blocks.Length; _found++)
        {
            if (!_recency.TryFind(new Block(scope, blocks[_found]), out _numbers[_found], out var distance, out var lastTicks))
                break;
            var age = ticks - lastTicks;
            if (age != lastAge)
                (lastAge, bucket) = (age, Bucket(age));
            _gaps[bucket]++;
            while (capacity < _capacities.Length && _capacities[capacity] is { } tokens && distance > tokens / blockSize)
                _withinCapacity[capacity++] = _found;
            while (ttl < _ttlTicks.Length && _ttlTicks[ttl] is { } most && age > most)
                _withinTtl[ttl++] = _found;
        }

        _withinCapacity.AsSpan(capacity).Fill(_found);
        _withinTtl.AsSpan(ttl).Fill(_found);
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

    public void Add(long found, long hit, long fullFound, double share)
    {
        FoundBlocks += found;
        FoundFullBlocks += fullFound;
        HitTokens += hit;
        HitRequests += hit > 0 ? 1 : 0;
        ShareSum += share;
        LastHitTokens = hit;
    }
}
