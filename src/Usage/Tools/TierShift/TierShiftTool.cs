using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.TierShift;

/// <summary>T31: what flex in place of standard, and standard in place of priority, would save.</summary>
internal sealed class TierShiftTool() : LogTool(
    "tier_shift", "T31", "What calls that may wait would save at the flex tier, and priority calls at the standard tier where that is quick enough.",
    ArgumentSpec.Number("slo_ttft_ms", "Limit on the time to first token that 95 % of calls must keep.", null, 0, 86_400_000),
    ArgumentSpec.Number("slo_e2e_ms", "Limit on the whole time, where no limit on the first token is given.", null, 0, 86_400_000),
    ArgumentSpec.Number("wait_seconds", "Calls with at least this deadline may wait for flex.", 900, 0, 86_400),
    ArgumentSpec.Whole("min_rows", "Standard calls of a model that must have the time before they stand for it.", 100, 6, 1_000_000))
{
    private static readonly string[] Columns =
    [
        .. UsageColumns.Pricing, UsageColumns.EventId, UsageColumns.Status, UsageColumns.Stream, UsageColumns.BatchableHint, UsageColumns.DeadlineSeconds,
        UsageColumns.CostEffective,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var tally = new TierTally(inquiry.Prices, inquiry.Arguments.Number("wait_seconds"));
        var counted = 0L;
        await inquiry.EachAsync(
            Columns,
            call =>
            {
                if (!tally.Add(call))
                    return;
                counted++;
                inquiry.Sample(call.EventId);
            },
            cancellationToken);
        var priority = new List<PriorityShift>();
        foreach (var (model, sum) in tally.Priority)
            priority.Add(await PriorityAsync(inquiry, model, sum, cancellationToken));
        var flex = tally.Flex.Where(pair => pair.Value.Requests > 0 || pair.Value.NotStreamed > NanoDollars.Zero).Select(pair => new FlexShift(
            pair.Key, pair.Value.HasPrice, pair.Value.Requests, pair.Value.Cost.Dollars, pair.Value.Saving.Dollars, pair.Value.NotStreamed.Dollars))
            .OrderByDescending(shift => shift.SavingUsd).ThenBy(shift => shift.Model, StringComparer.Ordinal).ToList();

        // Savings by day of both kinds, so that one monthly rate with one interval stands for the sum.
        var daily = tally.FlexByDay;
        foreach (var shift in priority.Where(shift => shift.Verdict == "meets"))
            foreach (var (day, saving) in tally.Priority[shift.Model].ByDay ?? new Dictionary<DateOnly, NanoDollars>())
                daily.Add(new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero), saving);
        var total = daily.Total;
        var (monthly, interval) = inquiry.PerMonth(daily);
        var result = new TierShiftResult(
            total, monthly, flex, priority.OrderByDescending(shift => shift.SavingUsd).ThenBy(shift => shift.Model, StringComparer.Ordinal).ToList());

        inquiry.Check(
            total == flex.Sum(shift => shift.SavingUsd) + priority.Where(shift => shift.Verdict == "meets").Sum(shift => shift.SavingUsd),
            "the parts sum to the saving");
        Explain(inquiry, result, counted);
        var intervals = interval is null ? null : new Dictionary<string, Interval> { ["/saving_per_month_usd"] = interval };
        return inquiry.Answer(
            result, ResultJson.Default.TierShiftResult, Grade.C, ["batchable_share", "latency_profile", "what_if"], ci95: intervals);
    }

    private static async Task<PriorityShift> PriorityAsync(Inquiry inquiry, string model, PrioritySum sum, CancellationToken cancellationToken)
    {
        var isFirst = inquiry.Arguments.FindNumber("slo_ttft_ms") is not null || inquiry.Arguments.FindNumber("slo_e2e_ms") is null;
        var limit = inquiry.Arguments.FindNumber("slo_ttft_ms") ?? inquiry.Arguments.FindNumber("slo_e2e_ms");
        var value = isFirst ? RowValue.FirstTokenMs : RowValue.DurationMs;
        var (_, with) = await P95Async(inquiry, model, "priority", isFirst, value, cancellationToken);
        var (rows, without) = await P95Async(inquiry, model, "standard", isFirst, value, cancellationToken);
        var isEnough = rows >= inquiry.Arguments.Whole("min_rows");
        var verdict = limit is null || !isEnough || without is null ? "unknown" : without <= limit ? "meets" : "misses";
        return new PriorityShift(
            model, sum.Requests, sum.Cost.Dollars, sum.Saving.Dollars, with, isEnough ? without : null, rows, verdict);
    }

    private static async Task<(long Rows, double? P95)> P95Async(
        Inquiry inquiry, string model, string tier, bool isFirst, RowValue value, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [],
            [
                new("rows", MeasureKind.Present, Field: isFirst ? UsageColumns.FirstTokenAt : UsageColumns.EndedAt),
                new("p95", MeasureKind.Percentile, value, 0.95),
            ],
            cancellationToken,
            moreFilters:
            [
                new(Dimension.Model, FilterOperator.Equal, [model]), new(Dimension.ServiceTier, FilterOperator.Equal, [tier]),
                new(Dimension.Status, FilterOperator.Equal, ["success"]),
            ]);
        var cells = new Cells(table, table.Rows.Count == 0 ? null : table.Rows[0]);
        return (cells.Count("rows"), cells.Number("p95") is { } p95 ? Figures.Number(p95) : null);
    }

    private static void Explain(Inquiry inquiry, TierShiftResult result, long counted)
    {
        inquiry.ExplainPrices();
        inquiry.Assumptions.Add("May wait: marked as batchable, or with a deadline of at least wait_seconds. The same tokens are priced at the other tier.");
        if (result.Flex.Count > 0)
            inquiry.Caveats.Add("Flex calls may be refused or time out when the vendor is busy: keep a way back to standard.");
        if (result.Priority.Any(shift => shift.Verdict == "unknown"))
            inquiry.Caveats.Add("Give slo_ttft_ms or slo_e2e_ms, and send a share of calls without priority, to know whether the standard tier is quick enough.");
        if (result.Flex.Any(shift => shift.SavingUsd > 0))
            inquiry.Caveats.Add("Calls that may wait could go to batch as well: a call saves once, do not add this to batchable_share.");
        if (counted == 0 && inquiry.Totals.Rows > 0)
            inquiry.Caveats.Add("No call was made with priority, and none is known to be able to wait.");
    }
}
