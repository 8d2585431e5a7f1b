using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.Pareto;

/// <summary>Mean quality and cost, and p95 latency, of the log's models with scored calls.</summary>
internal static class ScoredModels
{
    private const int MaxModels = 1_000;

    public static async Task<List<ParetoCandidate>> ReadAsync(
        Inquiry inquiry, int minRows, List<DroppedCandidate> dropped, CancellationToken cancellationToken)
    {
        var sums = new Dictionary<string, (long Rows, long Priced, double Quality, NanoDollars Cost)>(StringComparer.Ordinal);
        string[] columns = [.. UsageColumns.Model, UsageColumns.QualityScore, UsageColumns.CostEffective];
        await foreach (var call in inquiry.ReadAsync(cancellationToken, UsageColumns.QualityScore, columns: columns))
        {
            if (call.QualityScore is not { } quality || !double.IsFinite(quality) || call.Model is not { } model)
                continue;
            if (!sums.TryGetValue(model, out var sum) && sums.Count >= MaxModels)
                continue;
            sums[model] = (
                sum.Rows + 1, sum.Priced + (call.CostEffective is null ? 0 : 1), sum.Quality + quality,
                sum.Cost + (call.CostEffective ?? NanoDollars.Zero));
        }

        var candidates = new List<ParetoCandidate>();
        foreach (var (model, sum) in sums.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (sum.Rows < minRows)
                dropped.Add(new DroppedCandidate(model, $"{sum.Rows} scored calls, {minRows} are wanted"));
            else if (sum.Priced == 0 || sum.Cost == NanoDollars.Zero)
                dropped.Add(new DroppedCandidate(model, "no cost"));
            else
                candidates.Add(new ParetoCandidate(
                    model, decimal.Round(sum.Cost.Dollars / sum.Priced, 9), Math.Round(sum.Quality / sum.Rows, 6),
                    await LatencyAsync(inquiry, model, cancellationToken), sum.Rows));
        }

        return candidates;
    }

    private static async Task<double?> LatencyAsync(Inquiry inquiry, string model, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [], [new("p95", MeasureKind.Percentile, RowValue.DurationMs, 0.95)], cancellationToken,
            moreFilters: [new(Dimension.Model, FilterOperator.Equal, [model])]);
        return table.Rows.Count > 0 && new Cells(table, table.Rows[0]).Number("p95") is { } latency ? Figures.Number(latency) : null;
    }
}
