using System.Runtime.InteropServices;

namespace Apex.Usage.Tools.PrefixCache;

/// <summary>
/// Remembers when each block was last touched and how many distinct blocks were touched since (its LRU stack distance), after
/// Mattson: a block is in a cache of C blocks exactly when its distance is at most C, so one pass answers for every capacity.
/// A binary indexed tree over touch positions counts; positions are renumbered when they run out.
/// </summary>
internal sealed class BlockRecency(int maxBlocks = BlockRecency.DefaultMaxBlocks)
{
    public const int DefaultMaxBlocks = 4_194_304;
    private const int FirstCapacity = 65_536;

    private readonly Dictionary<Block, int> _indexes = [];
    private readonly List<Entry> _entries = [];
    private int[] _tree = new int[FirstCapacity + 1];
    private int _next = 1;

    /// <summary>Distinct blocks ever seen, the forgotten ones included once each time they came back.</summary>
    public long Distinct { get; private set; }

    /// <summary>Blocks dropped because more than the limit were alive; they count as never seen from then on.</summary>
    public long Forgotten { get; private set; }

    public bool TryFind(Block block, out int distance, out long lastTicks)
    {
        if (!_indexes.TryGetValue(block, out var index))
        {
            (distance, lastTicks) = (0, 0);
            return false;
        }

        var entry = _entries[index];
        distance = _entries.Count - CountUpTo(entry.Position) + 1;
        lastTicks = entry.Ticks;
        return true;
    }

    public void Touch(Block block, long ticks)
    {
        if (_next == _tree.Length)
            Renumber();

        ref var index = ref CollectionsMarshal.GetValueRefOrAddDefault(_indexes, block, out var isKnown);
        if (isKnown)
        {
            Add(_entries[index].Position, -1);
            _entries[index] = new Entry(block, _next, ticks);
        }
        else
        {
            index = _entries.Count;
            _entries.Add(new Entry(block, _next, ticks));
            Distinct++;
        }

        Add(_next++, 1);
    }

    private void Renumber()
    {
        var byAge = _entries.OrderBy(entry => entry.Position).ToList();
        if (byAge.Count > maxBlocks)
        {
            // A quarter at once, so that the next overflow is far away.
            var dropped = byAge.Count - (maxBlocks * 3 / 4);
            Forgotten += dropped;
            byAge.RemoveRange(0, dropped);
        }

        _entries.Clear();
        _indexes.Clear();
        _tree = new int[Math.Max(FirstCapacity, byAge.Count * 4) + 1];
        _next = 1;
        foreach (var entry in byAge)
        {
            _indexes[entry.Block] = _entries.Count;
            _entries.Add(entry with { Position = _next });
            Add(_next++, 1);
        }
    }

    private void Add(int position, int change)
    {
        for (; position < _tree.Length; position += position & -position)
            _tree[position] += change;
    }

    private int CountUpTo(int position)
    {
        var count = 0;
        for (; position > 0; position -= position & -position)
            count += _tree[position];
        return count;
    }

    private readonly record struct Entry(Block Block, int Position, long Ticks);
}

/// <summary>A prompt block within its scope: blocks of different scopes never meet in one cache.</summary>
internal readonly record struct Block(int Scope, long Hash);
