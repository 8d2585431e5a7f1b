namespace Apex.Storage.Feed;

/// <summary>
/// The newest events of a feed, dense by seq: the place of each follows from its number, so a reader at the head looks at nothing that it
/// has seen. Not safe for concurrent use.
/// </summary>
internal sealed class EventWindow
{
    private const int FirstSize = 8;

    private FeedEntry[] _ring = [];
    private int _first;

    public int Count { get; private set; }

    /// <summary>Of the oldest; meaningless while there is none.</summary>
    public long OldestSeq => _ring[_first].Seq;

    /// <param name="entry">Follows the newest without a gap.</param>
    public void Add(FeedEntry entry)
    {
        if (Count == _ring.Length)
            Grow();
        _ring[(_first + Count++) & (_ring.Length - 1)] = entry;
    }

    public FeedEntry RemoveOldest()
    {
        var oldest = _ring[_first];
        _ring[_first] = null!; // Out of the window: never read again before it is written.
        _first = (_first + 1) & (_ring.Length - 1);
        Count--;
        return oldest;
    }

    /// <summary>What comes next may have any number.</summary>
    public void Clear()
    {
        _ring = [];
        _first = Count = 0;
    }

    /// <param name="after">At least <see cref="OldestSeq"/> − 1.</param>
    public FeedEntry[] Read(long after, int maxEvents, int maxBytes)
    {
        var first = (int)Math.Min(after - OldestSeq + 1, Count);
        var (end, bytes) = (first, 0);
        while (end < Count && (end == first || (end - first < maxEvents && bytes < maxBytes)))
            bytes += At(end++).Utf8.Length;

        var page = new FeedEntry[end - first];
        for (var i = 0; i < page.Length; i++)
            page[i] = At(first + i);
        return page;
    }

    private FeedEntry At(int place) => _ring[(_first + place) & (_ring.Length - 1)];

    private void Grow()
    {
        var larger = new FeedEntry[_ring.Length == 0 ? FirstSize : _ring.Length * 2];
        for (var i = 0; i < Count; i++)
            larger[i] = At(i);
        (_ring, _first) = (larger, 0);
    }
}
