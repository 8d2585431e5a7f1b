using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>The log by day and side, read once.</summary>
internal sealed class ComparedLog
{
    private static readonly string[] GoodOutcomes = ["accepted", "success", "resolved"];

    /// <summary>All rows where nothing splits them.</summary>
    public SideDays Treated { get; } = new();

    public SideDays Control { get; } = new();

    public long OnNeitherSide { get; private set; }

    /// <param name="splitBy">What tells the sides apart; null: there is one side.</param>
    public static async Task<ComparedLog> ReadAsync(Inquiry inquiry, Dimension? splitBy, string unit, CancellationToken cancellationToken)
    {
        var log = new ComparedLog();
        Dimension[] keys = [Dimension.Day, Dimension.Status, Dimension.Outcome, .. splitBy is { } split ? [split] : Array.Empty<Dimension>()];
        Measure[] measures =
        [
            new("requests", MeasureKind.Requests), new("priced", MeasureKind.PricedRequests), new("cost", MeasureKind.CostNano),
            new("scored", MeasureKind.Present, Field: UsageColumns.QualityScore), new("score", MeasureKind.Sum, RowValue.QualityScore),
        ];
        var table = new UsageTable(keys, measures, [], false);
        var (treated, control) = (inquiry.Arguments.Texts("treated"), inquiry.Arguments.Texts("control"));
        await foreach (var row in inquiry.ReadGroupsAsync(keys, measures, cancellationToken))
        {
            var cells = new Cells(table, row);
            if (log.Side(splitBy is null ? null : row.Keys[3], splitBy is not null, treated, control) is not { } side)
            {
                log.OnNeitherSide += cells.Count("requests");
                continue;
            }

            var isGood = row.Keys[2] is { } outcome && GoodOutcomes.Contains(outcome, StringComparer.Ordinal);
            side.At(DateOnly.ParseExact(row.Keys[0]!, "yyyy-MM-dd", CultureInfo.InvariantCulture)) // Every row has a start.
                .Add(cells, row.Keys[1] == "success", row.Keys[2], isGood, unit);
        }

        return log;
    }

    private SideDays? Side(string? value, bool isSplit, IReadOnlyList<string> treated, IReadOnlyList<string> control)
    {
        if (!isSplit || (value is not null && treated.Contains(value, StringComparer.Ordinal)))
            return Treated;
        if (value is null)
            return null;
        return control.Count == 0 || control.Contains(value, StringComparer.Ordinal) ? Control : null;
    }
}
