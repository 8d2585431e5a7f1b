using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SloGoodput;

/// <summary>T40: the share of calls that were good, and what a good one costs.</summary>
internal sealed class SloGoodputTool() : LogTool(
    "slo_goodput", "T40", "The share of calls that succeed within the limits on first token, output speed and whole time, and what a good call costs.",
    ArgumentSpec.GroupBy("Goodput by these dimensions.", Dimension.Model),
    ArgumentSpec.Number("slo_ttft_ms", "Limit on the time to first token.", 2_000, 0, 86_400_000),
    ArgumentSpec.Number("slo_tpot_ms", "Limit on the time per output token after the first.", 100, 0, 86_400_000),
    ArgumentSpec.Number("slo_e2e_ms", "Limit on the whole time; with it calls that were not streamed are judged too.", null, 0, 86_400_000),
    ArgumentSpec.Whole("limit", "Groups shown, the ones with most bad cost.", 20, 1, 200))
{
    private static readonly string[] Columns =
    [
        UsageColumns.EventId, UsageColumns.FirstTokenAt, UsageColumns.EndedAt, UsageColumns.Status, UsageColumns.OutVisible,
        UsageColumns.OutReasoning, UsageColumns.OutAudio, UsageColumns.CostRecorded, UsageColumns.CostRecordedCurrency,
        UsageColumns.CostEffective
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var (first, perToken, whole) = (
            inquiry.Arguments.Number("slo_ttft_ms"), inquiry.Arguments.Number("slo_tpot_ms"), inquiry.Arguments.FindNumber("slo_e2e_ms"));
        var total = new SloJudge(first, perToken, whole);
        var groups = new Grouping<SloJudge>(inquiry.Arguments.GroupBy(), () => new SloJudge(first, perToken, whole));
        var successful = 0L;
        await inquiry.EachAsync(
            [.. Columns, .. DimensionValue.Columns(inquiry.Arguments.GroupBy())],
            call =>
            {
                groups.Of(call).Add(call);
                successful += call.Status == Events.CallStatus.Success ? 1 : 0;
                if (total.Add(call))
                    inquiry.Sample(call.EventId);
            },
            cancellationToken);
        var goodput = total.Shown();
        if (goodput.JudgedRequests == goodput.FailedRequests)
            return inquiry.Answer(
                new SloGoodputResult(
                    false, "No successful call can be judged: log the first token (ts_first_token) and the end (ts_end), or set slo_e2e_ms.",
                    first, perToken, whole, null, [], 0),
                ResultJson.Default.SloGoodputResult, Grade.D, ["sufficiency"], 0, needsPrices: false, rowsUsed: 0);

        var limit = inquiry.Arguments.Whole("limit");
        var shown = groups.All.Where(group => group.State.Judged > 0).Select(group => new GoodputGroup(groups.Shown(group.Keys), group.State.Shown()))
            .OrderByDescending(group => group.Goodput.BadUsd).ThenByDescending(group => group.Goodput.JudgedRequests)
            .ThenBy(group => string.Join('\u001f', group.Keys.Values), StringComparer.Ordinal).ToList();
        Explain(inquiry, groups, goodput, whole);
        return inquiry.Answer(
            new SloGoodputResult(true, null, first, perToken, whole, goodput, shown.Take(limit).ToList(), Math.Max(0, shown.Count - limit)),
            ResultJson.Default.SloGoodputResult, Grade.A, ["latency_profile", "latency_drivers", "retry_waste"],
            Figures.Share(goodput.JudgedRequests - goodput.FailedRequests, successful),
            ci95: new Dictionary<string, Interval> { ["/total/good_share"] = new(goodput.GoodShareLow, goodput.GoodShareHigh) });
    }

    private static void Explain(Inquiry inquiry, Grouping<SloJudge> groups, Goodput goodput, double? whole)
    {
        inquiry.ExplainPrices();
        groups.Explain(inquiry);
        inquiry.Check(
            goodput.GoodRequests + goodput.FailedRequests + goodput.SlowFirstToken + goodput.SlowOutput + goodput.SlowWhole == goodput.JudgedRequests
            && goodput.JudgedRequests + goodput.NotJudged == inquiry.Totals.Rows,
            "every judged call is good or has one fault");
        if (!inquiry.Arguments.InForce.TryGetProperty("slo_e2e_ms", out _) && goodput.NotJudged > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Calls without a first token are not judged: {goodput.NotJudged:N0}; set slo_e2e_ms to judge them by their whole time."));
        else if (whole is not null && goodput.NotJudged > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture, $"Calls without any time are not judged: {goodput.NotJudged:N0}."));
        inquiry.Assumptions.Add("The limits are the asker's; 2,000 ms and 100 ms stand where none is given, and are no standard.");
    }
}
