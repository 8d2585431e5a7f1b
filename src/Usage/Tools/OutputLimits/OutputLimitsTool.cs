using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.OutputLimits;

/// <summary>T17: answers cut at their limit, answers without an end, and what a limit would save and cut.</summary>
internal sealed class OutputLimitsTool() : LogTool(
    "output_limits", "T17", "How many answers are cut at their limit or run away, and for a table of limits what each would save and how many answers it would cut.",
    ArgumentSpec.GroupBy("Where limits are set apart.", Dimension.Feature, Dimension.Model),
    new ArgumentSpec("caps_tokens", ArgumentKind.Numbers, "Limits to weigh; default each group's percentiles 90, 95, 99, 99.9 and three times its 99th.", Min: 1, Max: 10),
    ArgumentSpec.Whole("limit", "Groups shown.", 50, 1, 1_000))
{
    private const int RowsShown = 20;
    private static readonly double[] CapPercentiles = [0.9, 0.95, 0.99, 0.999];
    private static readonly UsageFilter[] Successful = [new(Dimension.Status, FilterOperator.Equal, ["success"])];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var dimensions = inquiry.Arguments.GroupBy();
        var keys = new GroupKeys(dimensions);
        var groups = await GroupsAsync(inquiry, dimensions, cancellationToken);
        var runaways = new PriorityQueue<RunawayRow, decimal>();
        var runawayTotal = new DailyAmounts();
        string[] columns =
        [
            UsageColumns.EventId, UsageColumns.Feature, UsageColumns.FinishReason, UsageColumns.MaxOutputRequested, .. UsageColumns.Pricing,
            .. DimensionValue.Columns(dimensions),
        ];
        long rows = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, moreFilters: Successful, columns: columns))
        {
            rows++;
            var group = groups[keys.Joined(call)];
            var excess = group.Add(call, inquiry.Prices.Units(call));
            runawayTotal.Add(call.StartedAt, excess ?? 0);
            if (excess is { } usd)
                Keep(runaways, new RunawayRow(call.EventId, call.Feature, call.Model, call.OutVisible + call.OutReasoning, Figures.Number(group.P99), decimal.Round(usd, 9)));
            if (rows % 10_000 == 0)
                inquiry.Request.Progress?.Report(rows);
        }

        inquiry.Exclude("not_successful", inquiry.Totals.Rows - rows);
        var shown = groups.Select(pair => pair.Value.Shown(keys.Named(pair.Key))).ToList();
        var result = new OutputLimitsResult(
            rows, shown.Sum(group => group.TruncatedRequests), shown.Sum(group => group.RunawayRequests), decimal.Round(runawayTotal.Total, 9),
            runawayTotal.PerMonth(), shown.Count,
            shown.OrderByDescending(group => group.RunawayUsd).ThenByDescending(group => group.Requests).Take(inquiry.Arguments.Whole("limit")).ToList(),
            runaways.UnorderedItems.Select(item => item.Element).OrderByDescending(row => row.ExcessUsd).ThenBy(row => row.EventId, StringComparer.Ordinal).ToList());
        Explain(inquiry, result, shown);
        var intervals = new Dictionary<string, Interval>();
        if (runawayTotal.PerMonthInterval() is { } interval)
            intervals["/runaway_per_month_usd"] = interval;
        return inquiry.Answer(
            result, ResultJson.Default.OutputLimitsResult, Grade.C, ["token_distribution", "reasoning_share", "rank_actions"], rowsUsed: rows, ci95: intervals);
    }

    private static async Task<Dictionary<string, OutputGroupSum>> GroupsAsync(
        Inquiry inquiry, IReadOnlyList<Dimension> dimensions, CancellationToken cancellationToken)
    {
        const RowValue output = RowValue.OutputTokens;
        var table = await inquiry.QueryAsync(
            dimensions,
            [
                new("p50", MeasureKind.Percentile, output, 0.5),
                .. CapPercentiles.Select((percentile, i) => new Measure($"cap{i}", MeasureKind.Percentile, output, percentile)),
            ],
            cancellationToken, moreFilters: Successful);
        if (table.Truncated)
            throw new ToolArgumentException("group_by", "These dimensions make more than 100000 groups; group by fewer, or filter.");
        var groups = new Dictionary<string, OutputGroupSum>(StringComparer.Ordinal);
        foreach (var row in table.Rows)
        {
            var cells = new Cells(table, row);
            double At(int percentile) => cells.Number($"cap{percentile}") ?? 0;
            groups[string.Join('\u001f', row.Keys.Select(key => key ?? "\u0000"))] =
                new OutputGroupSum(cells.Number("p50") ?? 0, At(1), At(2), Caps(inquiry.Arguments, At));
        }

        return groups;
    }

    private static List<long> Caps(ToolArguments arguments, Func<int, double> percentile) =>
        (arguments.Has("caps_tokens")
            ? arguments.Numbers("caps_tokens").Select(cap => (long)cap)
            : Enumerable.Range(0, CapPercentiles.Length).Select(i => (long)Math.Ceiling(percentile(i))).Append(OutputGroupSum.SuggestedCap(percentile(2))))
        .Distinct().Order().ToList();

    private static void Keep(PriorityQueue<RunawayRow, decimal> rows, RunawayRow row)
    {
        rows.Enqueue(row, row.ExcessUsd);
        if (rows.Count > RowsShown)
            rows.Dequeue();
    }

    private static void Explain(Inquiry inquiry, OutputLimitsResult result, List<OutputGroup> groups)
    {
        inquiry.ExplainPrices();
        foreach (var row in result.Runaways)
            inquiry.Sample(row.EventId);
        inquiry.Check(groups.Sum(group => group.Requests) == result.Requests, "the groups hold every successful call once");
        inquiry.Check(
            groups.All(group => group.Caps.Zip(group.Caps.Skip(1)).All(pair => pair.First.SavingUsd >= pair.Second.SavingUsd)),
            "a higher cap never saves more");
        inquiry.Assumptions.Add("A cap saves what lies beyond it and changes nothing below it; answers do not become shorter because of a limit.");
        inquiry.Assumptions.Add("A runaway is an answer longer than three times its group's 99th percentile.");
        inquiry.Caveats.Add("An answer that is cut may be asked again; then the cap saves nothing. Set it where cut_share is next to zero.");
        if (groups.Any(group => group.RequestedToP99 > 10))
            inquiry.Caveats.Add("Limits far above what answers need can be reserved against the rate limit by the vendor (requested_to_p99 above 10).");
    }
}
