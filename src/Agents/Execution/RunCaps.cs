using System.Globalization;

namespace Apex.Agents.Execution;

/// <summary>What one run may use of its tools and of chat models, by the tier of its user.</summary>
/// <param name="ToolCalls">Calls it may make; those of an earlier attempt are not counted again.</param>
/// <param name="ResultBytes">JSON of results that it may keep.</param>
/// <param name="Tier">Whose caps they are, as refusals name it.</param>
/// <param name="CallsLiftedBy">Which tier allows more calls, as a sentence; null where none does.</param>
/// <param name="ResultsLiftedBy">Which tier allows more results, as a sentence; null where none does.</param>
public sealed record RunCaps(
    int ToolCalls, long ResultBytes, string Tier, string? CallsLiftedBy = null, string? ResultsLiftedBy = null)
{
    public static RunCaps None { get; } = new(int.MaxValue, long.MaxValue, "");

    /// <summary>Of chat models, read and written together.</summary>
    public long Tokens { get; init; } = long.MaxValue;

    /// <summary>Which tier allows more tokens, as a sentence; null where none does.</summary>
    public string? TokensLiftedBy { get; init; }

    /// <param name="used">By the run so far.</param>
    /// <param name="most">That the next call could use.</param>
    internal string TooManyTokens(long used, long most) => string.Create(
        CultureInfo.InvariantCulture,
        $"The run has used {used:N0} of its {Tokens:N0} tokens (limit tokens_per_run of tier {Tier}), and the next call of the model could use {most:N0}; it answers from what it has. {TokensLiftedBy}").TrimEnd();

    internal string TooManyCalls => string.Create(
        CultureInfo.InvariantCulture,
        $"The run has made its {ToolCalls:N0} tool calls (limit tool_calls_per_run of tier {Tier}); it answers from what it has. {CallsLiftedBy}").TrimEnd();

    internal string TooMuchKept(long bytes) => string.Create(
        CultureInfo.InvariantCulture,
        $"The result has {bytes:N0} bytes, and the run keeps at most {ResultBytes / (1024 * 1024):N0} MiB of results (limit result_mib_per_run of tier {Tier}). {ResultsLiftedBy}").TrimEnd();
}
