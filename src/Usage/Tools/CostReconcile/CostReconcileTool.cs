using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostReconcile;

/// <summary>T02: does what the sources recorded agree with the price list, row by row, and if not, why.</summary>
internal sealed class CostReconcileTool() : LogTool(
    "cost_reconcile", "T02", "Whether the recorded costs agree with the dated price list, row by row, and what explains each difference.",
    ArgumentSpec.Whole("limit", "Unexplained rows listed, the biggest difference first.", 50, 1, 1_000))
{
    private const int Examples = 5;

    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.Source, UsageColumns.SourceId, .. UsageColumns.Pricing, UsageColumns.CostRecorded,
        UsageColumns.CostRecordedCurrency, UsageColumns.CostList, UsageColumns.PriceFlags,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var tally = new ReconcileTally(inquiry.Arguments.Whole("limit"));
        var classifier = new CostClassifier(inquiry.Prices);
        await foreach (var call in inquiry.ReadAsync(cancellationToken, columns: Columns))
        {
            var (costClass, note) = classifier.Classify(call);
            tally.Add(call, costClass, note);
            if (tally.Rows % 10_000 == 0)
                inquiry.Request.Progress?.Report(tally.Rows);
        }

        var otherPrices = tally.Settle();
        inquiry.Request.Progress?.Report(tally.Rows);
        var result = Result(inquiry, tally, otherPrices);
        Explain(inquiry, tally, result);
        return inquiry.Answer(
            result, ResultJson.Default.CostReconcileResult, Grade.A, ["cost_breakdown", "cost_anomaly", "data_quality"],
            rowsUsed: tally.Compared);
    }

    private static CostReconcileResult Result(Inquiry inquiry, ReconcileTally tally, IReadOnlyList<OtherPrice> otherPrices)
    {
        var compared = tally.Compared;
        var exact = tally.Of(CostClass.Exact).Rows;
        var open = tally.Of(CostClass.Outlier).Rows + tally.Of(CostClass.Residual).Rows;
        var residuals = tally.Of(CostClass.Outlier).Biggest().Concat(tally.Of(CostClass.Residual).Biggest())
            .OrderByDescending(row => Math.Abs(row.DifferenceUsd)).ThenBy(row => row.EventId, StringComparer.Ordinal)
            .Take(inquiry.Arguments.Whole("limit")).ToList();
        var recorded = inquiry.Totals.Recorded;
        return new CostReconcileResult(
            compared, exact, tally.Of(CostClass.Exact).ZeroRows, Figures.Share(exact, compared), Figures.Share(compared - open, compared), recorded.Dollars,
            tally.ComparedRecorded.Dollars, tally.ComparedList.Dollars, (tally.ComparedRecorded - tally.ComparedList).Dollars,
            tally.Of(CostClass.Outlier).Difference.Dollars, (recorded - tally.Of(CostClass.Outlier).Difference).Dollars,
            tally.Classes(Examples), residuals, open - residuals.Count, otherPrices, tally.UnpricedModels(), tally.ByModel());
    }

    private static void Explain(Inquiry inquiry, ReconcileTally tally, CostReconcileResult result)
    {
        inquiry.Check(
            tally.ComparedList + tally.ComparedDifference + tally.Of(CostClass.Unpriced).Recorded == inquiry.Totals.Recorded,
            "listed cost, the classes' differences and the recorded cost of unpriced rows sum exactly to the recorded cost");
        inquiry.Check(tally.Rows == inquiry.Totals.Rows, "every row is in exactly one class");
        inquiry.ExplainPrices();
        inquiry.Exclude("no_recorded_cost", tally.Of(CostClass.NoRecordedCost).Rows);
        inquiry.Exclude("unpriced", tally.Of(CostClass.Unpriced).Rows);
        inquiry.Assumptions.Add(
            "Costs are compared after rounding to a nano-dollar; a difference of one nano-dollar counts as equal.");
        inquiry.Assumptions.Add("Each row is compared with the price in force on its day, not with today's.");
        if (tally.ResidualsNotHeld > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Other prices were sought among the first {ReconcileTally.MaxResidualsHeld:N0} unexplained "
                + $"rows; {tally.ResidualsNotHeld:N0} more were not looked through."));
        foreach (var row in result.Residuals)
            inquiry.Sample(row.EventId);
    }
}
