using System.Runtime.InteropServices;

namespace Apex.Simulation.Disk;

/// <summary>What connections to one database share besides its file: the locks on it, and the memory and the locks of the log's index.</summary>
internal sealed unsafe class LogIndex
{
    private const int Slots = 8;

    private readonly List<nint> _regions = [];
    private readonly int[] _shared = new int[Slots];
    private readonly bool[] _exclusive = new bool[Slots];
    private int _connections;

    /// <summary>Connections that hold the file's lock for reading, and which one holds more than that.</summary>
    public int SharedLocks { get; set; }

    public nint Reserved { get; set; }

    public nint Exclusive { get; set; }

    public void Join() => _connections++;

    public void Leave()
    {
        if (--_connections > 0)
            return;
        foreach (var region in _regions)
            NativeMemory.Free((void*)region);
        _regions.Clear();
    }

    /// <returns>0 when there is no such region and none is to be made.</returns>
    public nint Map(int number, int size, bool extend)
    {
        while (_regions.Count <= number)
        {
            if (!extend)
                return 0;
            _regions.Add((nint)NativeMemory.AllocZeroed((nuint)size));
        }

        return _regions[number];
    }

    /// <returns>False when another connection is in the way.</returns>
    public bool TryLock(int offset, int count, bool exclusive, int ownShared, int ownExclusive)
    {
        for (var slot = offset; slot < offset + count; slot++)
        {
            var mine = (ownExclusive >> slot & 1) != 0;
            var otherShared = _shared[slot] - (ownShared >> slot & 1);
            if ((_exclusive[slot] && !mine) || (exclusive && otherShared > 0))
                return false;
        }

        for (var slot = offset; slot < offset + count; slot++)
        {
            if (exclusive)
                _exclusive[slot] = true;
            else if ((ownShared >> slot & 1) == 0)
                _shared[slot]++;
        }

        return true;
    }

    public void Unlock(int offset, int count, ref int ownShared, ref int ownExclusive)
    {
        for (var slot = offset; slot < offset + count; slot++)
        {
            var bit = 1 << slot;
            if ((ownShared & bit) != 0)
                _shared[slot]--;
            if ((ownExclusive & bit) != 0)
                _exclusive[slot] = false;
            ownShared &= ~bit;
            ownExclusive &= ~bit;
        }
    }
}
