namespace Apex.Usage.Tools.CostBreakdown;

/// <summary>What <c>cost_breakdown</c> found.</summary>
/// <param name="Rows">In the order asked; <c>cumulative_share</c> runs down it.</param>
/// <param name="Other">All groups beyond the limit together; null when every group is shown.</param>
/// <param name="Marginals">With two dimensions or more: totals by each of them alone.</param>
internal sealed record CostBreakdownResult(
    IReadOnlyList<string> GroupBy,
    CostTotals Totals,
    long Groups,
    IReadOnlyList<CostGroup> Rows,
    CostGroup? Other,
    IReadOnlyList<CostMarginal> Marginals);

/// <param name="CostUsd">By the price book, over priced rows.</param>
/// <param name="RecordedUsd">As the sources recorded it.</param>
/// <param name="OutlierExcessUsd">Recorded less listed cost of rows flagged cost_outlier: what no price explains.</param>
/// <param name="CorrectedRecordedUsd">Recorded cost with the outliers at list price.</param>
/// <param name="DuplicateRequests">Rows flagged duplicate_source: calls another source recorded too; 0 unless they are included, and then counted in every sum.</param>
/// <param name="UnpricedRecordedUsd">Part of the recorded cost that belongs to rows without a known price.</param>
internal sealed record CostTotals(
    long Requests,
    long PricedRequests,
    long UnpricedRequests,
    long InputTokens,
    long CacheReadTokens,
    long OutputTokens,
    long Errors,
    decimal CostUsd,
    decimal ListUsd,
    decimal RecordedUsd,
    decimal OutlierExcessUsd,
    long OutlierRequests,
    long DuplicateRequests,
    decimal CorrectedRecordedUsd,
    decimal UnpricedRecordedUsd,
    decimal? CostPerThousandRequestsUsd,
    decimal? CostPerMillionTokensUsd);

/// <param name="Keys">Value by dimension; null where the column had none.</param>
internal sealed record CostGroup(
    IReadOnlyDictionary<string, string?> Keys,
    long Requests,
    long UnpricedRequests,
    long InputTokens,
    long CacheReadTokens,
    long OutputTokens,
    long Errors,
    decimal CostUsd,
    decimal RecordedUsd,
    decimal OutlierExcessUsd,
    decimal CorrectedRecordedUsd,
    double CostShare,
    double CumulativeShare,
    double RequestShare,
    decimal? CostPerThousandRequestsUsd,
    decimal? CostPerMillionTokensUsd);

internal sealed record CostMarginal(string Dimension, IReadOnlyList<MarginalRow> Rows);

internal sealed record MarginalRow(
    string? Key, long Requests, long UnpricedRequests, decimal CostUsd, decimal RecordedUsd, decimal CorrectedRecordedUsd, double CostShare);
