using System.Text.Json;

namespace Apex.Usage.Import.Formats.CodingAgents;

/// <summary>Token counts as Codex tells them: cached tokens are part of the input, reasoning is part of the output.</summary>
internal readonly record struct CodexTotals(long Input, long Cached, long Output, long Reasoning)
{
    public static CodexTotals Read(JsonElement? usage, RowCheck check) => new(
        check.RequiredTokens("input_tokens", JsonText.Inside(usage, "input_tokens")),
        check.Tokens("cached_input_tokens", JsonText.Inside(usage, "cached_input_tokens")),
        check.RequiredTokens("output_tokens", JsonText.Inside(usage, "output_tokens")),
        check.Tokens("reasoning_output_tokens", JsonText.Inside(usage, "reasoning_output_tokens")));

    /// <summary>What came on top; nothing where a total fell, which a compacted session's does.</summary>
    public static CodexTotals operator -(CodexTotals later, CodexTotals earlier) => new(
        Math.Max(0, later.Input - earlier.Input), Math.Max(0, later.Cached - earlier.Cached),
        Math.Max(0, later.Output - earlier.Output), Math.Max(0, later.Reasoning - earlier.Reasoning));

    public TokenCounts ToCounts() => new()
    {
        Input = Input,
        CacheRead = Math.Min(Cached, Input),
        Output = Output,
        Reasoning = Reasoning,
        InputIncludesCached = true,
    };
}
