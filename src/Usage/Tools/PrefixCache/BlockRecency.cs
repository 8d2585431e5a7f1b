using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.PrefixCache;

/// <summary>Remembers when each block was last touched and how many distinct blocks were touched since.</summary>
internal sealed class BlockRecency
{
    public const int DefaultMaxBlocks = 4_194_304;

    private readonly Dictionary<Block, int> _numbers = [];
    private readonly List<(Block Block, long Ticks)> _blocks = [];
    private readonly Stack<int> _free = new();
    private readonly LruStack _stack;

    public BlockRecency(int maxBlocks = DefaultMaxBlocks) => _stack = new LruStack(maxBlocks, Forget);

    /// <summary>Distinct blocks ever seen, the forgotten ones included once each time they came back.</summary>
    public long Distinct { get; private set; }

    /// <summary>Blocks dropped because more than the limit were alive; they count as never seen from then on.</summary>
    public long Forgotten => _stack.Forgotten;

    public bool TryFind(Block block, out int distance, out long lastTicks) => TryFind(block, out _, out distance, out lastTicks);

    /// <param name="number">Names the block until it is forgotten.</param>
    public bool TryFind(Block block, out int number, out int distance, out long lastTicks)
    {
        if (!_numbers.TryGetValue(block, out number))
        {
            (distance, lastTicks) = (0, 0);
            return false;
        }

        (distance, lastTicks) = (_stack.Distance(number), _blocks[number].Ticks);
        return true;
    }

    public void Touch(Block block, long ticks)
    {
        if (!_numbers.TryGetValue(block, out var number))
        {
            Distinct++;
            if (!_free.TryPop(out number))
            {
                number = _blocks.Count;
                _blocks.Add(default);
            }

            _numbers[block] = number;
        }

        _blocks[number] = (block, ticks);
        _stack.Touch(number);
    }

    /// <param name="number">As a look-up gave it, with nothing forgotten since.</param>
    public void Touch(int number, long ticks)
    {
        _blocks[number] = (_blocks[number].Block, ticks);
        _stack.Touch(number);
    }

    private void Forget(int number)
    {
        _numbers.Remove(_blocks[number].Block);
        _free.Push(number);
    }
}

/// <summary>A prompt block within its scope: blocks of different scopes never meet in one cache.</summary>
internal readonly record struct Block(int Scope, long Hash);
