using System.Numerics;

namespace Apex.Usage.Tools.Replay;

/// <summary>
/// The order of last use over things numbered 0, 1, 2 …, and how many distinct ones were used since each (its LRU stack distance),
/// after Mattson: a thing is in a cache of C things exactly when its distance is at most C, so one pass answers for every capacity.
/// </summary>
/// <remarks>
/// Each use takes the next position; a bit says whether the position is still its thing's last. Bits are counted by words of 64 in
/// a binary indexed tree, and changes to one word are summed before they reach it: prompts touch runs of neighbouring positions.
/// </remarks>
internal sealed class LruStack(int most, Action<int>? forgotten = null)
{
    private const int FirstWords = 1_024;

    private int[] _positionOf = new int[1_024];
    private int[] _thingAt = new int[FirstWords * 64];
    private ulong[] _words = new ulong[FirstWords];
    private int[] _tree = new int[FirstWords + 1];
    private int _next = 1;
    private int _clearedWord;
    private int _cleared;
    private int _headWord;
    private int _added;
    private int _askedPosition;
    private int _askedCount;

    /// <summary>Words before it hold no bit.</summary>
    private int _oldestWord;

    /// <summary>Things that are remembered.</summary>
    public int Count { get; private set; }

    /// <summary>Things dropped because more than the limit were remembered.</summary>
    public long Forgotten { get; private set; }

    /// <returns>1 for the thing used last; 0 for one never used, or forgotten.</returns>
    public int Distance(int thing)
    {
        if (thing >= _positionOf.Length || _positionOf[thing] == 0)
            return 0;
        var position = _positionOf[thing];
        // Neighbours in time are neighbours in the order: between them lies nothing to count.
        _askedCount = _askedPosition != 0 && position == _askedPosition + 1 ? _askedCount + 1 : CountUpTo(position);
        _askedPosition = position;
        return Count - _askedCount + 1;
    }

    public void Touch(int thing)
    {
        if (thing >= _positionOf.Length)
            Array.Resize(ref _positionOf, Math.Max(thing + 1, _positionOf.Length * 2));

        _askedPosition = 0;
        ref var position = ref _positionOf[thing];
        if (position != 0)
        {
            _words[position >> 6] &= ~(1UL << (position & 63));
            if (_clearedWord != position >> 6)
                FlushCleared(position >> 6);
            _cleared++;
        }
        else
        {
            Count++;
        }

        position = _next++;
        _thingAt[position] = thing;
        _words[position >> 6] |= 1UL << (position & 63);
        if (_headWord != position >> 6)
            FlushAdded(position >> 6);
        _added++;
        // Last, so that what was used just now is never among the forgotten.
        if (Count > most)
            ForgetOldest();
        if (_next == _words.Length * 64)
            Renumber();
    }

    private void FlushCleared(int nextWord)
    {
        Change(_clearedWord, -_cleared);
        (_clearedWord, _cleared) = (nextWord, 0);
    }

    private void FlushAdded(int nextWord)
    {
        Change(_headWord, _added);
        (_headWord, _added) = (nextWord, 0);
    }

    private void Flush()
    {
        FlushCleared(_clearedWord);
        FlushAdded(_headWord);
    }

    private void Change(int word, int change)
    {
        if (change != 0)
            for (var i = word + 1; i < _tree.Length; i += i & -i)
                _tree[i] += change;
    }

    private int CountUpTo(int position)
    {
        Flush();
        var word = position >> 6;
        var count = BitOperations.PopCount(_words[word] & (ulong.MaxValue >> (63 - (position & 63))));
        for (var i = word; i > 0; i -= i & -i)
            count += _tree[i];
        return count;
    }

    /// <summary>A quarter at once, so that the next time is far away.</summary>
    private void ForgetOldest()
    {
        Flush();
        var toForget = Count - (int)Math.Max(1, (long)most * 3 / 4);
        for (var left = toForget; left > 0; _oldestWord++)
        {
            ref var word = ref _words[_oldestWord];
            var before = left;
            for (; word != 0 && left > 0; word &= word - 1, left--)
            {
                var thing = _thingAt[(_oldestWord << 6) + BitOperations.TrailingZeroCount(word)];
                _positionOf[thing] = 0;
                forgotten?.Invoke(thing);
            }

            Change(_oldestWord, left - before);
            if (word != 0)
                break;
        }

        Forgotten += toForget;
        Count -= toForget;
    }

    /// <summary>Closes the gaps.</summary>
    private void Renumber()
    {
        Flush();
        var kept = new int[Count];
        var seen = 0;
        for (var word = _oldestWord; word < _words.Length; word++)
            for (var bits = _words[word]; bits != 0; bits &= bits - 1)
                kept[seen++] = _thingAt[(word << 6) + BitOperations.TrailingZeroCount(bits)];
        Rebuild(kept);
    }

    private void Rebuild(int[] kept)
    {
        var words = Math.Max(FirstWords, (kept.Length / 16) + 1);
        (_words, _tree, _thingAt) = (new ulong[words], new int[words + 1], new int[words * 64]);
        _next = 1;
        foreach (var thing in kept)
        {
            _positionOf[thing] = _next;
            _thingAt[_next] = thing;
            _words[_next >> 6] |= 1UL << (_next & 63);
            _next++;
        }

        for (var i = 1; i <= words; i++)
        {
            _tree[i] += BitOperations.PopCount(_words[i - 1]);
            var parent = i + (i & -i);
            if (parent <= words)
                _tree[parent] += _tree[i];
        }

        (_clearedWord, _cleared, _headWord, _added, _askedPosition, _oldestWord) = (0, 0, 0, 0, 0, 0);
    }
}
