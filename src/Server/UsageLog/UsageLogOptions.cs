using System.ComponentModel.DataAnnotations;

namespace Apex.Server.UsageLog;

/// <summary>Bounds of what can be brought into the usage log.</summary>
public sealed class UsageLogOptions
{
    /// <summary>Largest file that can be uploaded, as sent (packed or not). Default 4 GiB.</summary>
    [Range(1L, long.MaxValue)]
    public long MaxUploadBytes { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Largest body of traces that is received, unpacked. Default 16 MiB.</summary>
    [Range(1, int.MaxValue)]
    public int MaxTraceBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Imports at work at once, of all organisations. Default 2.</summary>
    [Range(1, 64)]
    public int ImportsAtOnce { get; set; } = 2;

    /// <summary>Imports of one organisation that may wait or be at work. Default 8.</summary>
    [Range(1, 1_000)]
    public int ImportsPerOrganisation { get; set; } = 8;

    /// <summary>How long one analysis asked for over HTTP may take. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan AnalysisTimeout { get; set; } = TimeSpan.FromSeconds(60);
}
