namespace Apex.Simulation.Disk;

/// <summary>What a write to the disk meets.</summary>
internal enum DiskFault
{
    None,
    Full,
    WriteError,
    SyncError,
}

/// <summary>
/// The disk under one life of the server: files, locks and the shared index of SQLite's log, all in memory. When the life ends in a
/// crash, <see cref="AfterPowerLoss"/> or <see cref="AfterProcessDeath"/> is the disk of the next, and this one takes no more.
/// </summary>
internal sealed class SimulatedDisk
{
    private readonly Dictionary<string, SimulatedFile> _files;

    public SimulatedDisk(IReadOnlyDictionary<string, Pages> image)
        : this(image.ToDictionary(file => file.Key, file => new SimulatedFile(file.Value)))
    {
    }

    private SimulatedDisk(Dictionary<string, SimulatedFile> files) => _files = files;

    /// <summary>What writes meet from now on.</summary>
    public DiskFault Fault { get; set; }

    /// <summary>For a planted fault: a sync says that it is done and does nothing.</summary>
    public bool LiesAboutSync { get; init; }

    /// <summary>Writes and syncs until the power goes, in the middle of whatever goes on; null for never.</summary>
    public int? OperationsUntilCrash { get; set; }

    /// <summary>The power went within an operation.</summary>
    public Action? Crashed { get; set; }

    /// <summary>Nothing reaches this disk any more, and nothing comes from it.</summary>
    public bool IsDead { get; private set; }

    public Dictionary<string, LogIndex> Indexes { get; } = [];

    public bool Exists(string name) => _files.ContainsKey(name);

    public SimulatedFile Open(string name) => _files.TryGetValue(name, out var file) ? file : _files[name] = new SimulatedFile();

    public void Delete(string name) => _files.Remove(name);

    public IReadOnlyDictionary<string, Pages> ToImage() => _files.ToDictionary(file => file.Key, file => file.Value.Content);

    public SimulatedDisk AfterPowerLoss(Random random) => Next(file => file.AfterPowerLoss(random));

    public SimulatedDisk AfterProcessDeath() => Next(file => file.AfterProcessDeath());

    /// <summary>What the next write or sync meets.</summary>
    public DiskFault NextOperation()
    {
        if (OperationsUntilCrash is { } left)
        {
            OperationsUntilCrash = left - 1;
            if (left <= 0 && !IsDead)
            {
                IsDead = true;
                Crashed?.Invoke();
            }
        }

        return IsDead ? DiskFault.WriteError : Fault;
    }

    private SimulatedDisk Next(Func<SimulatedFile, SimulatedFile> after)
    {
        IsDead = true;
        // In the order of their names, because the draws of one file come before those of the next.
        return new SimulatedDisk(_files.OrderBy(file => file.Key, StringComparer.Ordinal).ToDictionary(file => file.Key, file => after(file.Value)))
        {
            LiesAboutSync = LiesAboutSync,
        };
    }
}
