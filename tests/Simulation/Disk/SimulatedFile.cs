namespace Apex.Simulation.Disk;

/// <summary>
/// One file: what a reader sees, and beside it what would be left after a loss of power: the content of the last sync and, of what was
/// written since, whatever the disk happened to have taken.
/// </summary>
internal sealed class SimulatedFile
{
    private const int SectorBytes = 512;

    private readonly List<Change> _unsynced = [];
    private readonly Pages _pages;
    private Pages _durable;

    public SimulatedFile()
        : this(new Pages())
    {
    }

    public SimulatedFile(Pages content) => (_pages, _durable) = (content.Fork(), content.Fork());

    public long Length => _pages.Length;

    public Pages Content => _pages;

    /// <returns>How many bytes there were.</returns>
    public int Read(long offset, Span<byte> into) => _pages.Read(offset, into);

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        _pages.Write(offset, bytes);
        _unsynced.Add(new Change(offset, bytes.ToArray(), null));
    }

    public void Truncate(long length)
    {
        _pages.Cut(length);
        _unsynced.Add(new Change(0, [], length));
    }

    public void Sync()
    {
        if (_unsynced.Count == 0)
            return;
        _durable = _pages.Fork();
        _unsynced.Clear();
    }

    /// <summary>The file after the power was lost: of the writes since the last sync some are there, and one may be torn.</summary>
    public SimulatedFile AfterPowerLoss(Random random)
    {
        var left = _durable.Fork();
        var mode = random.Next(4);
        foreach (var change in _unsynced)
        {
            // All of it, none of it, or a draw for each write; a disk keeps no order between two syncs.
            var isKept = mode switch { 0 => true, 1 => false, _ => random.Next(2) == 0 };
            if (!isKept)
                continue;
            var isTorn = mode == 3 && change.Bytes.Length > SectorBytes && random.Next(4) == 0;
            var kept = isTorn ? change.Bytes.AsSpan(0, SectorBytes * random.Next(1, change.Bytes.Length / SectorBytes)) : change.Bytes;
            if (change.CutTo is { } length)
                left.Cut(length);
            else
                left.Write(change.Offset, kept);
        }

        return new SimulatedFile(left);
    }

    /// <summary>The file after its process died: the system still has all that was written, synced or not.</summary>
    public SimulatedFile AfterProcessDeath()
    {
        var copy = new SimulatedFile(_pages) { _durable = _durable.Fork() };
        copy._unsynced.AddRange(_unsynced);
        return copy;
    }

    private sealed record Change(long Offset, byte[] Bytes, long? CutTo);
}
