using System.Globalization;

namespace Apex.Agents.Execution;

/// <summary>What one run may use of its tools, by the tier of its user.</summary>
/// <param name="ToolCalls">Calls it may make; those of an earlier attempt are not counted again.</param>
/// <param name="ResultBytes">JSON of results that it may keep.</param>
/// <param name="Tier">Whose caps they are, as refusals name it.</param>
/// <param name="CallsLiftedBy">Which tier allows more calls, as a sentence; null where none does.</param>
/// <param name="ResultsLiftedBy">Which tier allows more results, as a sentence; null where none does.</param>
public sealed record RunCaps(
    int ToolCalls, long ResultBytes, string Tier, string? CallsLiftedBy = null, string? ResultsLiftedBy = null)
{
    public static RunCaps None { get; } = new(int.MaxValue, long.MaxValue, "");

    internal string TooManyCalls => string.Create(
        CultureInfo.InvariantCulture,
        $"The run has made its {ToolCalls:N0} tool calls (limit tool_calls_per_run of tier {Tier}); it answers from what it has. {CallsLiftedBy}").TrimEnd();

    internal string TooMuchKept(long bytes) => string.Create(
        CultureInfo.InvariantCulture,
        $"The result has {bytes:N0} bytes, and the run keeps at most {ResultBytes / (1024 * 1024):N0} MiB of results (limit result_mib_per_run of tier {Tier}). {ResultsLiftedBy}").TrimEnd();
}
