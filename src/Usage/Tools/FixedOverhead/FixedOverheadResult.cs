namespace Apex.Usage.Tools.FixedOverhead;

/// <summary>What <c>fixed_overhead</c> found.</summary>
/// <param name="FixedTokens">System text and tool definitions sent with calls, summed over calls.</param>
/// <param name="FixedShare">Of all input tokens of the weighed calls.</param>
/// <param name="FixedUsd">What they cost at the price each was billed at: a cache makes them cheap.</param>
/// <param name="NeverCalledUsd">What the definitions of tool sets cost that no weighed call used.</param>
internal sealed record FixedOverheadResult(
    bool Answered,
    string? Reason,
    long Requests,
    long InputTokens,
    long FixedTokens,
    double FixedShare,
    decimal FixedUsd,
    decimal FixedPerMonthUsd,
    decimal NeverCalledUsd,
    decimal NeverCalledPerMonthUsd,
    IReadOnlyList<OverheadGroup> Groups);

/// <param name="Basis">blocks: the leading blocks all calls share; tools_tokens: the logged length of the tool definitions alone.</param>
/// <param name="EffectiveUsdPerMillion">Mean price of a fixed token.</param>
/// <param name="ToolsTokens">Logged length of the tool definitions; null: not logged.</param>
/// <param name="ToolCalls">Tools called by the answers that tell; null: none tells.</param>
/// <param name="NeverCalled">True: tools are defined, enough answers tell, and none called any.</param>
internal sealed record OverheadGroup(
    string? Feature, string? Model, string? SystemHash, string? ToolsHash, string Basis, long Requests, long FixedTokens, decimal FixedUsd,
    double FixedShare, decimal? EffectiveUsdPerMillion, long? ToolsTokens, decimal ToolsUsd, long? ToolCalls, bool NeverCalled);
