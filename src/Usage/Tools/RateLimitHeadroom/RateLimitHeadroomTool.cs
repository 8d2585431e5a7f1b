using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.RateLimitHeadroom;

/// <summary>T33: how near the traffic comes to rate limits.</summary>
internal sealed class RateLimitHeadroomTool() : LogTool(
    "rate_limit_headroom", "T33", "How near traffic comes to limits per minute of requests and tokens, what a limit would have held up, and which limit to ask for.",
    ArgumentSpec.Number("requests_per_minute", "Limit to hold the traffic against.", null, 0.001, 1e12),
    ArgumentSpec.Number("tokens_per_minute", "Limit on input and output together.", null, 0.001, 1e15),
    ArgumentSpec.Number("input_tokens_per_minute", "Limit on input.", null, 0.001, 1e15),
    ArgumentSpec.Number("output_tokens_per_minute", "Limit on output.", null, 0.001, 1e15),
    ArgumentSpec.Number("burst_minutes", "Minutes' worth of a limit that may be used at once.", 1, 0.001, 60),
    new ArgumentSpec("count_cached", ArgumentKind.Flag, "Whether cached input counts against the limits; vendors differ.", true),
    ArgumentSpec.GroupBy("One set of limits for each of these, for instance [\"api_key\"] or [\"model\"]; empty: one for the whole."),
    ArgumentSpec.Whole("limit", "Groups shown, the ones with most calls.", 12, 1, 100))
{
    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var limits = new LimitSet(
            LimitSet.Kinds.Select(kind => inquiry.Arguments.FindNumber(kind + "_per_minute")).ToList(), inquiry.Arguments.Number("burst_minutes"),
            inquiry.Arguments.Flag("count_cached"));
        var meters = new Grouping<LimitMeter>(inquiry.Arguments.GroupBy(), () => new LimitMeter(limits), maxGroups: 1_000);
        await inquiry.EachAsync(
            [UsageColumns.HttpStatus, .. UsageColumns.Tokens, .. DimensionValue.Columns(inquiry.Arguments.GroupBy())], call => meters.Of(call).Add(call), cancellationToken);
        var ordered = meters.All.OrderByDescending(group => group.State.Requests)
            .ThenBy(group => string.Join('\u001f', group.Keys), StringComparer.Ordinal).ToList();
        var limit = inquiry.Arguments.Whole("limit");
        var result = new RateLimitHeadroomResult(
            ordered.Count > 0, ordered.Count > 0 ? null : "No call to measure.", limits.BurstMinutes, limits.CountsCached,
            ordered.Take(limit).Select(group => group.State.Shown(meters.Shown(group.Keys))).ToList(), Math.Max(0, ordered.Count - limit));
        Explain(inquiry, meters, limits, result);
        return inquiry.Answer(
            result, ResultJson.Default.RateLimitHeadroomResult, Grade.B, ["burstiness", "provisioned_break_even", "latency_profile"], needsPrices: false);
    }

    private static void Explain(Inquiry inquiry, Grouping<LimitMeter> meters, LimitSet limits, RateLimitHeadroomResult result)
    {
        meters.Explain(inquiry);
        inquiry.Check(
            result.Groups.All(group => group.Limits.All(use => use.P999Use <= use.MaxUse)), "no percentile of the use exceeds its greatest");
        inquiry.Assumptions.Add(
            "A call takes all its tokens when it starts; vendors estimate output beforehand, often by the most that was "
            + "asked for, so real limits may bite sooner.");
        if (limits.PerMinute.All(limit => limit is null))
            inquiry.Assumptions.Add("No limit was given, so only the use and a suggested limit are told.");
        else
            inquiry.Assumptions.Add("Calls wait in line at a token bucket that refills evenly; vendors refuse instead, and callers try again.");
        inquiry.Caveats.Add("Calls of the same key that this log does not hold use the same limits.");
        if (result.Groups.Sum(group => group.RefusedByVendor) is > 0 and var refused)
            inquiry.Caveats.Add($"Calls the vendor refused for their rate (HTTP 429): {refused:N0}; the traffic wanted more than was let through.");
    }
}
