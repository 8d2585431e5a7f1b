using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostBreakdown;

/// <summary>T03: cost, tokens and requests by any dimensions, such as by model and month.</summary>
internal sealed class CostBreakdownTool() : LogTool(
    "cost_breakdown", "T03", "Who and what the money goes to: cost, tokens and requests by any dimensions, with shares and unit costs.",
    ArgumentSpec.GroupBy("Up to four dimensions, for instance [\"model\", \"month\"].", Dimension.Model),
    ArgumentSpec.Choice("order_by", "time needs a dimension of time in group_by and orders by it first, by cost within.", null,
        "cost", "recorded", "requests", "tokens", "time", "key"),
    ArgumentSpec.Whole("limit", "Groups shown; the rest is summed as other.", 200, 1, 5_000))
{
    private static readonly Measure[] Measures =
    [
        new("requests", MeasureKind.Requests), new("priced", MeasureKind.PricedRequests),
        new("input", MeasureKind.InputTokens), new("read", MeasureKind.CacheReadTokens), new("output", MeasureKind.OutputTokens),
        new("errors", MeasureKind.Errors), new("cost", MeasureKind.CostNano), new("recorded", MeasureKind.RecordedCostNano),
        new("outliers", MeasureKind.Flagged, Field: EventPricing.CostOutlier),
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var dimensions = inquiry.Arguments.GroupBy();
        var order = inquiry.Arguments.FindText("order_by") ?? (dimensions.Any(IsTime) ? "time" : "cost");
        var table = await inquiry.QueryAsync(dimensions, Measures, cancellationToken);
        var outliers = await OutlierExcess.ReadAsync(inquiry, table, dimensions, cancellationToken);
        var sums = table.Rows.Select(row => GroupSum.Of(row.Keys, new Cells(table, row), outliers.Of(row.Keys))).ToList();
        CheckSums(inquiry, table, sums);

        var ordered = Ordered(sums, dimensions, order);
        var limit = inquiry.Arguments.Whole("limit");
        var rows = new List<CostGroup>();
        var running = NanoDollars.Zero;
        foreach (var sum in ordered.Take(limit))
        {
            running += sum.Cost;
            rows.Add(sum.Shown(dimensions, inquiry.Totals, running));
        }

        var hidden = ordered.Skip(limit).ToList();
        var other = hidden.Count == 0
            ? null
            : GroupSum.Total(hidden).Shown([], inquiry.Totals, running + GroupSum.Total(hidden).Cost);
        var result = new CostBreakdownResult(
            dimensions.Select(SnakeCase.Of).ToList(), await TotalsAsync(inquiry, GroupSum.Total(sums), cancellationToken), sums.Count, rows, other,
            dimensions.Count < 2 ? [] : dimensions.Select((dimension, index) => Marginal(sums, dimension, index, inquiry.Totals)).ToList());
        Explain(inquiry, result, outliers);
        return inquiry.Answer(result, ResultJson.Default.CostBreakdownResult, Grade.A, ["cost_reconcile", "cost_anomaly", "token_distribution"]);
    }

    private static void CheckSums(Inquiry inquiry, UsageTable table, List<GroupSum> sums)
    {
        if (table.Truncated)
        {
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"There are more than {table.Rows.Count:N0} groups; those beyond are left out of this table. "
                + $"Group by fewer dimensions."));
            return;
        }

        var total = GroupSum.Total(sums);
        inquiry.Check(
            total.Cost == inquiry.Totals.Effective && total.Recorded == inquiry.Totals.Recorded && total.Requests == inquiry.Totals.Rows,
            "the groups' cost, recorded cost and requests sum exactly to the totals");
    }

    private static List<GroupSum> Ordered(List<GroupSum> sums, IReadOnlyList<Dimension> dimensions, string order)
    {
        var time = dimensions.Select((dimension, index) => (dimension, index)).FirstOrDefault(pair => IsTime(pair.dimension), (default, -1)).Item2;
        var ordered = order switch
        {
            "recorded" => sums.OrderByDescending(sum => sum.Recorded.Value),
            "requests" => sums.OrderByDescending(sum => sum.Requests),
            "tokens" => sums.OrderByDescending(sum => sum.Input + sum.Output),
            "key" => sums.OrderBy(KeyText, StringComparer.Ordinal),
            "time" when time >= 0 => sums.OrderBy(sum => sum.Keys[time], StringComparer.Ordinal).ThenByDescending(sum => sum.Cost.Value),
            _ => sums.OrderByDescending(sum => sum.Cost.Value),
        };
        return ordered.ThenByDescending(sum => sum.Recorded.Value).ThenBy(KeyText, StringComparer.Ordinal).ToList();
    }

    private static string KeyText(GroupSum sum) => string.Join('\u001f', sum.Keys);

    private static bool IsTime(Dimension dimension) =>
        dimension is Dimension.Hour or Dimension.Day or Dimension.Week or Dimension.Month;

    private static CostMarginal Marginal(List<GroupSum> sums, Dimension dimension, int index, LogTotals totals)
    {
        var rows = sums.GroupBy(sum => sum.Keys[index])
            .Select(group => (group.Key, Sum: GroupSum.Total([.. group])))
            .Select(pair => (pair.Sum, Row: new MarginalRow(
                pair.Key, pair.Sum.Requests, pair.Sum.Requests - pair.Sum.Priced, pair.Sum.Cost.Dollars, pair.Sum.Recorded.Dollars,
                pair.Sum.Corrected.Dollars, Figures.Share(pair.Sum.Cost, totals.Effective))));
        var ordered = IsTime(dimension)
            ? rows.OrderBy(pair => pair.Row.Key, StringComparer.Ordinal)
            : rows.OrderByDescending(pair => pair.Sum.Cost.Value).ThenByDescending(pair => pair.Sum.Recorded.Value)
                .ThenBy(pair => pair.Row.Key, StringComparer.Ordinal);
        return new CostMarginal(SnakeCase.Of(dimension), ordered.Select(pair => pair.Row).ToList());
    }

    private static async Task<CostTotals> TotalsAsync(Inquiry inquiry, GroupSum total, CancellationToken cancellationToken)
    {
        var unpriced = await inquiry.QueryAsync(
            [], [new("recorded", MeasureKind.RecordedCostNano)], cancellationToken,
            moreFilters: [new(Dimension.PriceRow, FilterOperator.IsMissing, [])]);
        var twice = await inquiry.QueryAsync(
            [], [new("rows", MeasureKind.Flagged, Field: QualityFlags.DuplicateSource)], cancellationToken);
        var duplicates = new Cells(twice, twice.Rows.Count == 0 ? null : twice.Rows[0]).Count("rows");
        var unpricedRecorded = new Cells(unpriced, unpriced.Rows.Count == 0 ? null : unpriced.Rows[0]).Money("recorded");
        return new CostTotals(
            total.Requests, total.Priced, total.Requests - total.Priced, total.Input, total.Read, total.Output, total.Errors,
            total.Cost.Dollars, inquiry.Totals.List.Dollars, total.Recorded.Dollars, total.OutlierExcess.Dollars, total.Outliers,
            duplicates, total.Corrected.Dollars, unpricedRecorded.Dollars, Figures.Unit(total.Cost, total.Priced, 1_000),
            Figures.Unit(total.Cost, total.Input + total.Output, 1_000_000));
    }

    private static void Explain(Inquiry inquiry, CostBreakdownResult result, OutlierExcess outliers)
    {
        inquiry.ExplainPrices();
        foreach (var eventId in outliers.EventIds)
            inquiry.Sample(eventId);
        if (result.Totals.OutlierRequests > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows whose recorded cost no price explains (cost_outlier): "
                + $"{result.Totals.OutlierRequests:N0}; corrected_recorded_usd counts them at list price."));
        if (result.Totals.DuplicateRequests > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Calls that two sources recorded are counted twice here: "
                + $"{result.Totals.DuplicateRequests:N0}; data_quality tells their cost (duplicate_source)."));
        if (result.Totals.UnpricedRequests > 0)
            inquiry.Assumptions.Add("Unit costs per thousand requests count priced requests alone.");
    }
}
