using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.DataQuality;

/// <summary>T01: what is wrong with the log itself, and how much money each fault touches.</summary>
internal sealed class DataQualityTool() : LogTool(
    "data_quality", "T01", "What is wrong with or missing from the log: flags with the money at stake, coverage of every field, gaps, repeats.")
{
    /// <summary>Calls recorded twice are among what it looks for.</summary>
    protected override string[] Included => [CountedRows.DuplicatesName];

    /// <summary>What faults show in; prompts' hashes and signatures are long, and none is looked for there.</summary>
    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.Source, UsageColumns.SourceId, UsageColumns.EndedAt, UsageColumns.Operation, .. UsageColumns.Pricing,
        UsageColumns.UserId, UsageColumns.Tags, UsageColumns.Status, UsageColumns.CostRecorded, UsageColumns.CostRecordedCurrency,
        UsageColumns.CostList, UsageColumns.CostEffective, UsageColumns.PriceFlags,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var scan = new QualityScan(inquiry.Prices);
        await inquiry.EachAsync(Columns, scan.Look, cancellationToken);
        inquiry.Request.Progress?.Report(scan.Rows);
        var totals = inquiry.Totals;
        var window = totals.FirstStart is { } first && totals.LastStart is { } last ? last - first : TimeSpan.Zero;
        var result = new DataQualityResult(
            totals.Rows, totals.FirstStart, totals.LastStart, totals.Days, scan.DaysWithRows, totals.Recorded.Dollars,
            totals.Effective.Dollars, scan.FlaggedRows, Figures.Share(scan.FlaggedRows, scan.Rows), scan.Unlogged.Dollars, scan.Flags(),
            await CoverageAsync(inquiry, cancellationToken), scan.Gaps.Result(window), await UnpricedAsync(inquiry, cancellationToken));
        Explain(inquiry, scan, result);
        return inquiry.Answer(
            result, ResultJson.Default.DataQualityResult, Grade.A, ["cost_reconcile", "cost_anomaly", "sufficiency"], needsPrices: false);
    }

    private static async Task<IReadOnlyList<FieldCoverage>> CoverageAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var measures = UsageColumns.Coverage.Select(column => new Measure(column, MeasureKind.Present, Field: column)).ToList();
        var table = await inquiry.QueryAsync([], measures, cancellationToken);
        var cells = new Cells(table, table.Rows.Count == 0 ? null : table.Rows[0]);
        return UsageColumns.Coverage.Select(column => new FieldCoverage(
            column, cells.Count(column), Figures.Share(cells.Count(column), inquiry.Totals.Rows))).ToList();
    }

    private static async Task<IReadOnlyList<UnpricedName>> UnpricedAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [Dimension.Model], [new("rows", MeasureKind.Requests), new("recorded", MeasureKind.RecordedCostNano)], cancellationToken,
            moreFilters: [new(Dimension.PriceRow, FilterOperator.IsMissing, [])]);
        return table.Rows.Select(row => (row, cells: new Cells(table, row)))
            .Select(pair => new UnpricedName(pair.row.Keys[0], pair.cells.Count("rows"), pair.cells.Money("recorded").Dollars))
            .OrderByDescending(name => name.RecordedUsd).ThenByDescending(name => name.Rows).ThenBy(name => name.Model, StringComparer.Ordinal)
            .Take(100).ToList();
    }

    private static void Explain(Inquiry inquiry, QualityScan scan, DataQualityResult result)
    {
        inquiry.Check(scan.Rows == inquiry.Totals.Rows, "every row was looked at once");
        if (result.UnloggedUsd > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Running session totals show at least ${result.UnloggedUsd:0.00} of calls that are not in the "
                + $"log: it is a sample, and real spend is higher."));
        if (result.Gaps.TimeShare > 0.5)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Gaps of over {result.Gaps.ThresholdHours:0.#} h make up {result.Gaps.TimeShare:P0} of the "
                + $"time; a gap may be no use or a sample's hole, the log cannot tell which."));
        inquiry.Assumptions.Add(
            "Two rows of different sources with equal model and tokens that start within two seconds are one call "
            + "logged twice.");
        foreach (var flag in result.Flags.Where(flag => flag.Severity != "info"))
            foreach (var example in flag.Examples.Take(3))
                inquiry.Sample(example.EventId);
    }
}
