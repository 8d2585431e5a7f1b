namespace Apex.Usage.Tools.TokenDistribution;

/// <summary>What <c>token_distribution</c> found.</summary>
/// <param name="Groups">Dearest first; one group for the whole when not grouped.</param>
/// <param name="GroupsNotShown">Groups beyond the limit.</param>
internal sealed record TokenDistributionResult(IReadOnlyList<TokenGroup> Groups, int GroupsNotShown, TokenHistogram Histogram);

/// <param name="InputToOutputRatio">Input tokens per output token; null without output.</param>
/// <param name="CostSides">Null when no row of the group is priced.</param>
internal sealed record TokenGroup(
    IReadOnlyDictionary<string, string?> Keys,
    long Requests,
    TokenSide Input,
    TokenSide Output,
    double? InputToOutputRatio,
    CostSides? CostSides);

/// <param name="Percentiles">50, 75, 90, 95 and 99, by linear interpolation at (n − 1)·p.</param>
internal sealed record TokenSide(
    long SumTokens, double MeanTokens, double MinTokens, double MaxTokens, IReadOnlyList<TokenPercentile> Percentiles);

/// <param name="LowTokens">Lower end of the 95 % interval by order statistics; null below 6 rows.</param>
internal sealed record TokenPercentile(double Percentile, double Tokens, double? LowTokens, double? HighTokens);

/// <summary>Which side of the priced calls the money goes to.</summary>
internal sealed record CostSides(decimal InputUsd, decimal OutputUsd, double InputShare, double OutputShare);

/// <param name="Bounds">Upper ends, as OpenTelemetry gives them for token usage; one more bucket lies beyond.</param>
internal sealed record TokenHistogram(
    IReadOnlyList<long> Bounds, IReadOnlyList<long> InputRequests, IReadOnlyList<long> OutputRequests);
