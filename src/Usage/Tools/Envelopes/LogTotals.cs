using Apex.Usage.Events;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>Sums over the rows a question is about.</summary>
/// <param name="Effective">Cost by the price book, over priced rows.</param>
/// <param name="BackfilledRows">Rows older than the first known price of their model.</param>
/// <param name="AssumedModelRows">Rows whose source names no model, under the model the import was told.</param>
internal sealed record LogTotals(
    long Rows,
    long PricedRows,
    long RecordedRows,
    NanoDollars Effective,
    NanoDollars List,
    NanoDollars Recorded,
    long BackfilledRows,
    long RetiredRows,
    long OutlierRows,
    long AssumedModelRows,
    DateTimeOffset? FirstStart,
    DateTimeOffset? LastStart)
{
    /// <summary>Share of rows with a price; 1 for no rows.</summary>
    public double PricedShare => Rows == 0 ? 1 : (double)PricedRows / Rows;

    /// <summary>Days from the first row's to the last row's, both counted.</summary>
    public int Days => FirstStart is { } first && LastStart is { } last
        ? (last.UtcDateTime.Date - first.UtcDateTime.Date).Days + 1
        : 0;
}
