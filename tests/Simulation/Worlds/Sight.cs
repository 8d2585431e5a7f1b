namespace Apex.Simulation.Worlds;

/// <summary>What one device's application saw, in the order it saw it.</summary>
internal sealed class Sight
{
    private readonly List<(long Seq, ReadOnlyMemory<byte> Utf8)> _seen = [];
    private readonly List<long> _gaps = [];

    public long LastSeq => _seen.Count == 0 ? 0 : _seen[^1].Seq;

    public IReadOnlyList<(long Seq, ReadOnlyMemory<byte> Utf8)> Seen => _seen;

    /// <summary>How often the application was told that something is no longer kept.</summary>
    public int Gaps => _gaps.Count;

    public void NoteGap(long earliest) => _gaps.Add(earliest);

    /// <returns>What is wrong with it: double, out of order, or missing its neighbour without a word.</returns>
    public string? Take(long seq, ReadOnlyMemory<byte> utf8)
    {
        var last = LastSeq;
        _seen.Add((seq, utf8));
        if (seq <= last)
            return $"event {seq} came after {last}";
        // Who begins with nothing asked for all that is kept: that may begin anywhere.
        return seq == last + 1 || last == 0 || _gaps.Contains(seq) ? null : $"event {seq} came after {last} and no gap was told";
    }

    /// <summary>Holds it against what the feed holds.</summary>
    /// <returns>The first difference, or null.</returns>
    public string? Compare(IReadOnlyList<ReadOnlyMemory<byte>> feed)
    {
        foreach (var (seq, utf8) in _seen)
        {
            if (seq > feed.Count)
                return $"event {seq} is in no feed; the feed ends at {feed.Count}";
            if (!utf8.Span.SequenceEqual(feed[(int)seq - 1].Span))
                return $"event {seq} is another than the feed's";
        }

        return null;
    }
}
