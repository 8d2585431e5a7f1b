namespace Apex.Simulation.Worlds;

/// <summary>A fault planted in the world to see whether the simulation finds it.</summary>
internal enum Fault
{
    /// <summary>A client that comes back misses the first event it had not seen.</summary>
    LoseAtResume,

    /// <summary>Another user's events are read now and then.</summary>
    ForeignFeed,

    /// <summary>One wake in twenty does not reach its connection.</summary>
    LostWake,

    /// <summary>Trimmed events are passed over without a word.</summary>
    SilentGap,

    /// <summary>The key of a message is neither looked up nor claimed.</summary>
    SkipDuplicateCheck,

    /// <summary>The disk says that it has synced and has not.</summary>
    AckBeforeSync,
}
