using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.Burstiness;

/// <summary>T32: how evenly calls arrive.</summary>
internal sealed class BurstinessTool() : LogTool(
    "burstiness", "T32", "How evenly calls arrive: gaps, index of dispersion, peaks, idle minutes, and a heat map of the week.",
    ArgumentSpec.GroupBy("Meters by these dimensions, for instance [\"feature\"]; empty: the whole."),
    ArgumentSpec.Whole("limit", "Groups shown, the ones with most calls.", 12, 1, 100))
{
    private const int CallsNeeded = 3;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var meters = new Grouping<ArrivalMeter>(inquiry.Arguments.GroupBy(), () => new ArrivalMeter());
        var heat = new WeekHeat();
        await inquiry.EachAsync(
            [.. UsageColumns.Tokens, .. DimensionValue.Columns(inquiry.Arguments.GroupBy())],
            call =>
            {
                meters.Of(call).Add(call);
                heat.Add(call);
            },
            cancellationToken);
        var limit = inquiry.Arguments.Whole("limit");
        var ordered = meters.All.Where(group => group.State.Requests >= CallsNeeded).OrderByDescending(group => group.State.Requests)
            .ThenBy(group => string.Join('\u001f', group.Keys), StringComparer.Ordinal).ToList();
        if (ordered.Count == 0 || inquiry.Totals is not { FirstStart: { } first, LastStart: { } last })
            return inquiry.Answer(
                new BurstinessResult(false, "Gaps need at least three calls.", [], 0, []), ResultJson.Default.BurstinessResult, Grade.D,
                ["sufficiency"], needsPrices: false, rowsUsed: 0);

        var result = new BurstinessResult(
            true, null, ordered.Take(limit).Select(group => group.State.Shown(meters.Shown(group.Keys))).ToList(),
            Math.Max(0, ordered.Count - limit), heat.Cells(first, last));
        meters.Explain(inquiry);
        inquiry.Check(result.HeatMap.Sum(cell => cell.Requests) == inquiry.Totals.Rows, "the heat map counts every row once");
        inquiry.Assumptions.Add("Bins of seconds and minutes begin at a group's first call; the last, cut short by the end of the rows, is left out.");
        inquiry.Assumptions.Add("Hours and weekdays are UTC.");
        inquiry.Caveats.Add("A sampled log, or one with gaps, looks less busy and more uneven than the service was.");
        return inquiry.Answer(
            result, ResultJson.Default.BurstinessResult, Grade.A, ["rate_limit_headroom", "provisioned_break_even", "data_quality"], needsPrices: false);
    }
}
