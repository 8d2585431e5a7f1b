namespace Apex.Server.Runs;

/// <summary>How runs are executed by this process. Limits per user stand in the tier table.</summary>
public sealed class RunsOptions
{
    /// <summary>Runs of all users at work at once; more wait in turn. Default 256, at least 1.</summary>
    public int MaxRunsAtOnce { get; set; } = 256;

    /// <summary>
    /// Steps of runs that may use the cores at once; more wait in turn, fairly between users and tiers. A step that waits for a model
    /// does not count. Default 0: as many as there are cores.
    /// </summary>
    public int MaxStepsAtOnce { get; set; }

    /// <summary>A tool result above this is stored apart and stands in the event as a reference. Bytes of JSON, default 64 KiB.</summary>
    public int MaxInlineResultBytes { get; set; } = 64 * 1024;

    /// <summary>Earlier messages of the thread a run is given, the newest ones. Default 20.</summary>
    public int MaxHistoryMessages { get; set; } = 20;

    /// <summary>Attempts in a row that may end in a crash without a finished tool or sub-agent before a run is given up. Default 3.</summary>
    public int MaxAttemptsWithoutProgress { get; set; } = 3;

    /// <summary>How long a run waits for a store that is away before it is let go and taken up again later. Default 60 s.</summary>
    public TimeSpan StorePatience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a cancelled supervisor may take to return before its run is ended without it. Default 5 s.</summary>
    public TimeSpan CancellationGrace { get; set; } = TimeSpan.FromSeconds(5);
}
