using System.ComponentModel.DataAnnotations;

namespace Apex.Usage.DuckDb;

/// <summary>How a usage log is opened.</summary>
public sealed record DuckDbUsageLogOptions
{
    /// <summary>The database file, made when missing; its folder must exist. Null keeps the log in memory.</summary>
    public string? Path { get; init; }

    /// <summary>Memory DuckDB may use before it spills to disk beside the file, in MiB. 64 to 1,048,576; default 1,024.</summary>
    [Range(64, 1_048_576)]
    public int MemoryLimitMiB { get; init; } = 1_024;

    /// <summary>Threads of one query, 1 to 256; default one per core.</summary>
    [Range(1, 256)]
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Aggregate queries that run at once, 1 to 64; more wait. Default 4.</summary>
    [Range(1, 64)]
    public int ConcurrentQueries { get; init; } = 4;

    /// <summary>Scans that are open at once, 1 to 1,024; more wait. A scan is open as long as its reader. Default 64.</summary>
    [Range(1, 1_024)]
    public int ConcurrentScans { get; init; } = 64;
}
