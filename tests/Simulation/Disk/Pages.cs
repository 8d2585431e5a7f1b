namespace Apex.Simulation.Disk;

/// <summary>The bytes of a file in pages, shared between copies until one of them writes: a copy of the whole costs one list.</summary>
internal sealed class Pages
{
    private const int PageBytes = 4096;
    private static readonly byte[] Zeros = new byte[PageBytes];

    private readonly List<byte[]> _pages;

    /// <summary>Pages that no other copy has: these may be changed.</summary>
    private readonly HashSet<byte[]> _own = [];

    public Pages() => _pages = [];

    private Pages(Pages other)
    {
        other._own.Clear();
        (_pages, Length) = ([.. other._pages], other.Length);
    }

    public long Length { get; private set; }

    public Pages Fork() => new(this);

    /// <returns>How many bytes there were.</returns>
    public int Read(long offset, Span<byte> into)
    {
        var count = (int)Math.Clamp(Length - offset, 0, into.Length);
        for (var done = 0; done < count;)
        {
            var (page, within) = ((int)((offset + done) / PageBytes), (int)((offset + done) % PageBytes));
            var piece = Math.Min(PageBytes - within, count - done);
            _pages[page].AsSpan(within, piece).CopyTo(into[done..]);
            done += piece;
        }

        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        var end = offset + bytes.Length;
        while (_pages.Count * (long)PageBytes < end)
            _pages.Add(Zeros);
        for (var done = 0; done < bytes.Length;)
        {
            var (page, within) = ((int)((offset + done) / PageBytes), (int)((offset + done) % PageBytes));
            var piece = Math.Min(PageBytes - within, bytes.Length - done);
            bytes.Slice(done, piece).CopyTo(Own(page).AsSpan(within));
            done += piece;
        }

        Length = Math.Max(Length, end);
    }

    public void Cut(long length)
    {
        var keep = (int)((length + PageBytes - 1) / PageBytes);
        while (_pages.Count < keep)
            _pages.Add(Zeros);
        _pages.RemoveRange(keep, _pages.Count - keep);
        if (length < Length && length % PageBytes is > 0 and var within)
        {
            Own(_pages.Count - 1).AsSpan((int)within).Clear();
        }

        Length = length;
    }

    private byte[] Own(int number)
    {
        var page = _pages[number];
        if (_own.Contains(page))
            return page;
        page = _pages[number] = page.AsSpan().ToArray();
        _own.Add(page);
        return page;
    }
}
