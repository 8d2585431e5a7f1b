namespace Apex.Storage.Sqlite;

/// <summary>Settings of the embedded store. A value out of range is refused when the store is opened.</summary>
public sealed class SqliteStorageOptions
{
    /// <summary>The folder of <c>apex.db</c>; made when missing. One server at a time.</summary>
    public string Folder { get; set; } = "";

    /// <summary>What an acknowledged append survives. Default: loss of power.</summary>
    public Durability Durability { get; set; } = Durability.PowerLoss;

    /// <summary>Appends and other writes that share one commit, 1 to 4,096. Default 512.</summary>
    public int MaxWritesPerCommit { get; set; } = 512;

    /// <summary>A commit is closed when its events reach this size, in bytes, from 4 KiB. Default 4 MiB.</summary>
    public int MaxBytesPerCommit { get; set; } = 4 * 1024 * 1024;

    /// <summary>Writes that wait for their turn, from 1; further callers wait outside. Default 4,096.</summary>
    public int MaxQueuedWrites { get; set; } = 4_096;

    /// <summary>Connections that read from the file at the same time, 1 to 64. Default 4.</summary>
    public int MaxReaders { get; set; } = 4;

    /// <summary>How long to wait for another process that has the file locked. Default 5 s.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Newest events of a user kept in memory, from 1. Default 512.</summary>
    public int HotEventsPerUser { get; set; } = 512;

    /// <summary>Bytes of a user's events kept in memory, from 1 KiB. Default 1 MiB.</summary>
    public int HotBytesPerUser { get; set; } = 1024 * 1024;

    /// <summary>Unread transient frames kept per user, from 1. Default 256.</summary>
    public int TransientFramesPerUser { get; set; } = 256;

    /// <summary>What is held in memory for a user nobody watches is dropped after this time. Default 60 s.</summary>
    public TimeSpan HotIdleTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest size of the file in pages of 4 KiB; null for what the disk holds.</summary>
    public long? MaxFilePages { get; set; }

    /// <summary>
    /// Leaves the folder to other processes too. Their writes are seen within half a second, and of two owners of a run the store
    /// refuses the older. The product holds its folder alone; this proves that nothing depends on it.
    /// </summary>
    internal bool IsShared { get; set; }

    /// <summary>What gives the writer its turns: a thread of its own, unless a simulation says when they come.</summary>
    internal Func<IWriterTurns> WriterTurns { get; set; } = static () => new WriterThread();

    /// <summary>Copies the log into the file while the store is open, on a thread of its own; else only when the store is closed.</summary>
    internal bool CopiesLog { get; set; } = true;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Folder);
        Require(MaxWritesPerCommit is >= 1 and <= 4_096, nameof(MaxWritesPerCommit), "1 to 4,096");
        Require(MaxBytesPerCommit >= 4 * 1024, nameof(MaxBytesPerCommit), "4 KiB or more");
        Require(MaxQueuedWrites >= 1, nameof(MaxQueuedWrites), "1 or more");
        Require(MaxReaders is >= 1 and <= 64, nameof(MaxReaders), "1 to 64");
        Require(BusyTimeout >= TimeSpan.Zero && BusyTimeout < TimeSpan.FromDays(1), nameof(BusyTimeout), "0 s to 1 day");
        Require(HotEventsPerUser >= 1, nameof(HotEventsPerUser), "1 or more");
        Require(HotBytesPerUser >= 1_024, nameof(HotBytesPerUser), "1 KiB or more");
        Require(TransientFramesPerUser >= 1, nameof(TransientFramesPerUser), "1 or more");
        Require(HotIdleTime > TimeSpan.Zero, nameof(HotIdleTime), "more than 0 s");
        Require(MaxFilePages is null or >= 16, nameof(MaxFilePages), "16 or more");
    }

    private static void Require(bool holds, string name, string range)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(name, $"The setting {name} must be {range}.");
    }
}
