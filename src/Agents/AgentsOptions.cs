using System.ComponentModel.DataAnnotations;

namespace Apex.Agents;

/// <summary>Bounds of agent work. Read from the configuration section <c>Agents</c>, where there is one; refused at start when out of range.</summary>
public sealed class AgentsOptions
{
    /// <summary>Time before a run's deadline that is kept for reporting: no tool runs in it. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ReportingReserve { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a sub-agent may neither speak nor have a tool running before it counts as stalled. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an analysis over the usage log may take. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan AnalysisTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Tools of one run working at the same time, 1 to 32. Default 4.</summary>
    [Range(1, 32)]
    public int MaxParallelTools { get; set; } = 4;

    /// <summary>
    /// How often a tool's call is made whose failure may pass, 1 to 6. Default 4: with pauses of about 1, 2 and 4 s between.
    /// </summary>
    [Range(1, 6)]
    public int ToolAttempts { get; set; } = 4;

    /// <summary>The longest pause before a tool's call is made a second time; it doubles with each further try, up to 16 s. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:16")]
    public TimeSpan ToolRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Tells a fault of what the agents are set up with that may pass, a busy store for instance. Default: none is known.</summary>
    public Func<Exception, bool> IsBusy { get; set; } = _ => false;

    /// <summary>Largest result a tool may give, in bytes of JSON. Default 4 MiB.</summary>
    [Range(1_024, 64 * 1_024 * 1_024)]
    public int MaxToolResultBytes { get; set; } = 4 * 1_024 * 1_024;

    /// <summary>File of MCP servers whose tools the agents may call; null: none.</summary>
    public string? McpConfiguration { get; set; }

    /// <summary>
    /// Names of the added sub-agents that work, in their order; a name that is not there stops the start. Default empty: all of them, by name.
    /// </summary>
    public IReadOnlyList<string> Subagents { get; set; } = [];

    /// <summary>Which tool calls need their user's approval.</summary>
    public Approvals.ApprovalPolicy Approvals { get; set; } = new();

    /// <summary>Chat models in the order in which they are asked. Default none: the planner answers alone.</summary>
    public IReadOnlyList<ChatModels.ChatModelOptions> Models { get; set; } = [];
}

[Microsoft.Extensions.Options.OptionsValidator]
internal sealed partial class AgentsOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<AgentsOptions>;
