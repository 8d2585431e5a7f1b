namespace Apex.Usage.Tools.SloGoodput;

/// <summary>What <c>slo_goodput</c> found: how many calls were good, and what a good one costs.</summary>
/// <param name="Answered">False when no call can be judged; <paramref name="Reason"/> says what to log.</param>
/// <param name="SloE2eMs">Null: only streamed calls are judged.</param>
internal sealed record SloGoodputResult(
    bool Answered, string? Reason, double SloTtftMs, double SloTpotMs, double? SloE2eMs, Goodput? Total, IReadOnlyList<GoodputGroup> Groups,
    int GroupsNotShown);

/// <param name="JudgedRequests">Failed calls, and calls that have the times the limits are set on.</param>
/// <param name="GoodShareLow">Lower end of Wilson's 95 % interval.</param>
/// <param name="FailedRequests">Errors, timeouts and cancelled calls; no call counts in two of these.</param>
/// <param name="SlowFirstToken">Successful, but the first token came late.</param>
/// <param name="SlowOutput">In time with the first token, but slow after it.</param>
/// <param name="SlowWhole">In time with both, but longer than the whole may take.</param>
/// <param name="BadUsd">Cost of the judged calls that were not good.</param>
/// <param name="CostPerGoodUsd">Cost of all judged calls by good ones; null when none was good.</param>
internal sealed record Goodput(
    long JudgedRequests, long GoodRequests, double GoodShare, double GoodShareLow, double GoodShareHigh, long FailedRequests, long SlowFirstToken,
    long SlowOutput, long SlowWhole, long NotJudged, decimal CostUsd, decimal BadUsd, decimal? CostPerRequestUsd, decimal? CostPerGoodUsd);

internal sealed record GoodputGroup(IReadOnlyDictionary<string, string?> Keys, Goodput Goodput);
