namespace Apex.Simulation.Disk;

/// <summary>One connection's view of one file, behind SQLite's handle.</summary>
internal sealed class OpenFile(SimulatedDisk disk, string name, bool deleteOnClose)
{
    private const int None = 0, Shared = 1, Reserved = 2, Pending = 3, Exclusive = 4;

    private readonly LogIndex _index = disk.Indexes.TryGetValue(name, out var known) ? known : disk.Indexes[name] = new LogIndex();
    private readonly SimulatedFile _file = disk.Open(name);
    private bool _joined;
    private int _level;
    private int _ownShared;
    private int _ownExclusive;

    /// <summary>Tells one connection from another; never 0.</summary>
    public required nint Id { get; init; }

    public SimulatedDisk Disk => disk;

    public SimulatedFile File => _file;

    public void Close()
    {
        Unlock(None);
        LeaveIndex();
        if (deleteOnClose && !disk.IsDead)
            disk.Delete(name);
    }

    /// <returns>False when another connection is in the way.</returns>
    public bool TryLock(int level)
    {
        while (_level < level)
        {
            if (_level == None)
            {
                if (_index.Exclusive != 0)
                    return false;
                _index.SharedLocks++;
                _level = Shared;
            }
            else if (_level == Shared)
            {
                if (_index.Reserved != 0 || _index.Exclusive != 0)
                    return false;
                _index.Reserved = Id;
                _level = Reserved;
            }
            else
            {
                _level = Pending;
                if (level < Exclusive)
                    return true;
                if (_index.SharedLocks > 1)
                    return false;
                _index.Exclusive = Id;
                _level = Exclusive;
            }
        }

        return true;
    }

    public void Unlock(int level)
    {
        if (_level >= Reserved && level < Reserved)
        {
            _index.Reserved = 0;
            if (_index.Exclusive == Id)
                _index.Exclusive = 0;
        }

        if (_level >= Shared && level < Shared)
            _index.SharedLocks--;
        _level = Math.Min(_level, level);
    }

    public bool IsReserved => _index.Reserved != 0;

    public nint Map(int region, int size, bool extend)
    {
        if (!_joined)
            _index.Join();
        _joined = true;
        return _index.Map(region, size, extend);
    }

    public bool TryLockIndex(int offset, int count, bool exclusive)
    {
        if (!_index.TryLock(offset, count, exclusive, _ownShared, _ownExclusive))
            return false;
        var bits = ((1 << count) - 1) << offset;
        if (exclusive)
            _ownExclusive |= bits;
        else
            _ownShared |= bits;
        return true;
    }

    public void UnlockIndex(int offset, int count) => _index.Unlock(offset, count, ref _ownShared, ref _ownExclusive);

    public void LeaveIndex()
    {
        if (!_joined)
            return;
        UnlockIndex(0, 8);
        _joined = false;
        _index.Leave();
    }
}
