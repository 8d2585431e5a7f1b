using System.Numerics;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.PrefixCache;

/// <summary>Remembers when each block was last touched and how many distinct blocks were touched since.</summary>
/// <remarks>
/// A table of numbers chained by bucket, its columns apart, because a long log touches blocks by the hundred million. Blocks that were
/// new together have neighbouring numbers, so the one after the block just asked for is guessed before the table is asked.
/// </remarks>
internal sealed class BlockRecency
{
    public const int DefaultMaxBlocks = 4_194_304;

    private const int FirstNumbers = 1_024;
    private const int None = -1;

    /// <summary>The scope of a number that names no block now.</summary>
    private const int Free = -1;

    private readonly int _maxBlocks;
    private readonly LruStack _stack;
    private long[] _hashes = new long[FirstNumbers];
    private long[] _ticks = new long[FirstNumbers];
    private int[] _scopes = new int[FirstNumbers];

    /// <summary>The next number of the same bucket, or of those that are free; <see cref="None"/> after the last.</summary>
    private int[] _nexts = new int[FirstNumbers];

    /// <summary>By bucket, one more than its first number; about twice as many as numbers, so that most chains hold one.</summary>
    private int[] _heads = new int[2 * FirstNumbers];
    private int _count;
    private int _firstFree = None;
    private int _lastFree = None;
    private int _guess = None;
    private int _warmed;

    public BlockRecency(int maxBlocks = DefaultMaxBlocks) => (_maxBlocks, _stack) = (maxBlocks, new LruStack(maxBlocks, Forget));

    /// <summary>Distinct blocks ever seen, the forgotten ones included once each time they came back.</summary>
    public long Distinct { get; private set; }

    /// <summary>Blocks dropped because more than the limit were alive; they count as never seen from then on.</summary>
    public long Forgotten => _stack.Forgotten;

    public bool TryFind(Block block, out int distance, out long lastTicks) => TryFind(block, out _, out distance, out lastTicks);

    /// <param name="number">Names the block until it is forgotten.</param>
    public bool TryFind(Block block, out int number, out int distance, out long lastTicks)
    {
        number = Find(block);
        if (number == None)
        {
            (distance, lastTicks) = (0, 0);
            return false;
        }

        (distance, lastTicks) = (_stack.Distance(number), _ticks[number]);
        return true;
    }

    public void Touch(Block block, long ticks)
    {
        var number = Find(block);
        Touch(number == None ? Add(block) : number, ticks);
    }

    /// <param name="number">As a look-up gave it, with nothing forgotten since.</param>
    public void Touch(int number, long ticks)
    {
        _ticks[number] = ticks;
        _stack.Touch(number);
    }

    /// <summary>
    /// Looks at the buckets of blocks about to be touched. The looks do not depend on each other, so the processor waits for memory once
    /// where it would wait for every block.
    /// </summary>
    public void Warm(int scope, ReadOnlySpan<long> blocks)
    {
        foreach (var hash in blocks)
            _warmed ^= _heads[Bucket(scope, hash)];
    }

    private int Find(Block block)
    {
        var number = _guess;
        if ((uint)number < (uint)_count && Is(number, block))
        {
            _guess = number + 1;
            return number;
        }

        for (number = _heads[Bucket(block.Scope, block.Hash)] - 1; number != None; number = _nexts[number])
            if (Is(number, block))
            {
                _guess = number + 1;
                return number;
            }

        return None;
    }

    private bool Is(int number, Block block) => _hashes[number] == block.Hash && _scopes[number] == block.Scope;

    private int Add(Block block)
    {
        Distinct++;
        var number = TakeNumber();
        (_hashes[number], _scopes[number]) = (block.Hash, block.Scope);
        ref var head = ref _heads[Bucket(block.Scope, block.Hash)];
        (_nexts[number], head) = (head - 1, number + 1);
        _guess = number + 1;
        return number;
    }

    private int TakeNumber()
    {
        // The one freed first, so that numbers taken in turn are neighbours again.
        if (_firstFree != None)
        {
            var free = _firstFree;
            _firstFree = _nexts[free];
            if (_firstFree == None)
                _lastFree = None;
            return free;
        }

        if (_count == _hashes.Length)
            Grow();
        return _count++;
    }

    private void Grow()
    {
        // One more than may be alive: the block that is one too many is there before the oldest go.
        var size = _count * 2 <= _maxBlocks ? _count * 2 : Math.Max(_maxBlocks, _count) + 1;
        Array.Resize(ref _hashes, size);
        Array.Resize(ref _ticks, size);
        Array.Resize(ref _scopes, size);
        Array.Resize(ref _nexts, size);
        // Grown only when no number is free, so all of them are in the table.
        _heads = new int[BitOperations.RoundUpToPowerOf2((uint)(size + (size / 2)))];
        for (var number = 0; number < _count; number++)
        {
            ref var head = ref _heads[Bucket(_scopes[number], _hashes[number])];
            (_nexts[number], head) = (head - 1, number + 1);
        }
    }

    private void Forget(int number)
    {
        ref var link = ref _heads[Bucket(_scopes[number], _hashes[number])];
        if (link - 1 == number)
        {
            link = _nexts[number] + 1;
        }
        else
        {
            var before = link - 1;
            while (_nexts[before] != number)
                before = _nexts[before];
            _nexts[before] = _nexts[number];
        }

        (_scopes[number], _nexts[number]) = (Free, None);
        if (_lastFree == None)
            _firstFree = number;
        else
            _nexts[_lastFree] = number;
        _lastFree = number;
    }

    /// <summary>
    /// Hashes of blocks may be running numbers: sixteen in a row share a line of memory, which line is far from where the next are. What
    /// lies apart by multiples of sixteen must not all fall on the same place of its line, so each line counts from another.
    /// </summary>
    private int Bucket(int scope, long hash)
    {
        var mixed = (((ulong)hash >> 4) ^ ((ulong)(uint)scope << 40)) * 11_400_714_819_323_198_485UL;
        var place = ((uint)hash + (uint)(mixed >> 59)) & 15;
        return (int)((((uint)(mixed >> 32) << 4) | place) & (uint)(_heads.Length - 1));
    }
}

/// <summary>A prompt block within its scope: blocks of different scopes never meet in one cache.</summary>
/// <param name="Scope">0 or more.</param>
internal readonly record struct Block(int Scope, long Hash);
