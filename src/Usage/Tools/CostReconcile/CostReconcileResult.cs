namespace Apex.Usage.Tools.CostReconcile;

/// <summary>What <c>cost_reconcile</c> found. A difference is recorded less listed cost.</summary>
/// <param name="ComparedRows">Rows with both a recorded and a listed cost.</param>
/// <param name="ExactZeroRows">Of the exact rows those that cost nothing by both accounts, such as free models.</param>
/// <param name="MatchShare">Rows of class exact, of the compared ones.</param>
/// <param name="ExplainedShare">Rows of any class but outlier and residual, of the compared ones.</param>
/// <param name="CorrectedRecordedUsd">Recorded cost of all rows with the outliers at list price: the sum to believe.</param>
/// <param name="Residuals">Rows nobody can explain by a price, the biggest difference first.</param>
internal sealed record CostReconcileResult(
    long ComparedRows,
    long ExactRows,
    long ExactZeroRows,
    double MatchShare,
    double ExplainedShare,
    decimal RecordedUsd,
    decimal ComparedRecordedUsd,
    decimal ComparedListUsd,
    decimal DifferenceUsd,
    decimal OutlierExcessUsd,
    decimal CorrectedRecordedUsd,
    IReadOnlyList<CostClassRow> Classes,
    IReadOnlyList<CostDifference> Residuals,
    long ResidualRowsNotListed,
    IReadOnlyList<OtherPrice> OtherPrices,
    IReadOnlyList<UnpricedModel> UnpricedModels,
    IReadOnlyList<ModelReconciliation> ByModel);

/// <param name="AbsoluteDifferenceUsd">Sum of the differences' sizes, so that ups and downs do not cancel.</param>
/// <param name="Examples">Up to five rows with the biggest difference.</param>
internal sealed record CostClassRow(
    string Class,
    string Meaning,
    long Rows,
    double RowsShare,
    decimal RecordedUsd,
    decimal ListUsd,
    decimal DifferenceUsd,
    decimal AbsoluteDifferenceUsd,
    IReadOnlyList<CostDifference> Examples);

/// <param name="Ratio">Recorded divided by listed cost; null where nothing was listed.</param>
/// <param name="Note">What the row looks like, in words; empty when there is nothing to say.</param>
internal sealed record CostDifference(
    string EventId,
    string Source,
    string SourceId,
    DateTimeOffset StartedAt,
    string? Model,
    long InputTokens,
    long OutputTokens,
    decimal RecordedUsd,
    decimal ListUsd,
    decimal DifferenceUsd,
    double? Ratio,
    string Class,
    string Note);

/// <summary>A pair of prices, in no price row, that explains several rows of a model to the nano-dollar.</summary>
internal sealed record OtherPrice(
    string Model,
    long Rows,
    decimal InputUsdPerMillion,
    decimal OutputUsdPerMillion,
    decimal DifferenceUsd,
    DateTimeOffset First,
    DateTimeOffset Last);

internal sealed record UnpricedModel(string? Model, long Rows, decimal RecordedUsd);

internal sealed record ModelReconciliation(
    string? Model, long ComparedRows, long ExactRows, decimal RecordedUsd, decimal ListUsd, decimal DifferenceUsd);
