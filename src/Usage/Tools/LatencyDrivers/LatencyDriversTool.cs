using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.LatencyDrivers;

/// <summary>T37: where the time of calls goes.</summary>
internal sealed class LatencyDriversTool() : LogTool(
    "latency_drivers", "T37", "Where the time of calls goes: fixed, reading the input, writing the output; and what caching or shorter answers would give back.",
    ArgumentSpec.Number("cut_share", "Share of uncached input, and of output, whose removal is weighed.", 0.3, 0.01, 1),
    ArgumentSpec.Whole("limit", "Models shown, the ones with most calls.", 8, 1, 50))
{
    private const int MaxModels = 100;

    private static readonly string[] Columns =
        [UsageColumns.EventId, UsageColumns.FirstTokenAt, UsageColumns.EndedAt, .. UsageColumns.Model, .. UsageColumns.Tokens];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var samples = new Grouping<HourlySample>([Dimension.Model], () => new HourlySample(), MaxModels);
        var rows = await inquiry.EachAsync(
            Columns, call => samples.Of(call).Add(call), cancellationToken, [new(Dimension.Status, FilterOperator.Equal, ["success"])]);
        inquiry.Exclude("not_successful", inquiry.Totals.Rows - rows);
        samples.Explain(inquiry);
        var cut = inquiry.Arguments.Number("cut_share");
        var limit = inquiry.Arguments.Whole("limit");
        var models = samples.All.OrderByDescending(group => group.State.Calls).ThenBy(group => group.Keys[0], StringComparer.Ordinal)
            .Take(limit).Select(group => LatencyFit.Of(group.Keys[0], group.State, cut)).OfType<ModelLatency>().ToList();
        if (models.Count == 0)
            return inquiry.Answer(
                new LatencyDriversResult(
                    false, "No model has 30 successful calls with an end (ts_end) and outputs that differ within an hour.", cut, [], 0),
                ResultJson.Default.LatencyDriversResult, Grade.D, ["latency_profile", "sufficiency"], 0, needsPrices: false, rowsUsed: 0);

        inquiry.Check(
            models.All(model => Math.Abs(model.At95.FixedShare + model.At95.PrefillShare + model.At95.DecodeShare - 1) < 1e-5), "the parts of the time sum to it");
        inquiry.Assumptions.Add("Time = fixed + a·uncached input + b·output, by the median slope of pairs of calls within the same hour (Theil–Sen).");
        inquiry.Assumptions.Add("The fit rests on a sample: up to 40 calls of each of up to 400 hours of a model, chosen by their hashes.");
        inquiry.Caveats.Add("Calls of one hour may still differ in kind; a slope is what went with length, not proof of what a change would do.");
        if (models.Any(model => model.PrefillMsPerToken is null or { Low: <= 0 }))
            inquiry.Caveats.Add("For some models the time per input token cannot be told from none.");
        var timed = samples.All.Sum(group => group.State.Calls);
        var intervals = new Dictionary<string, Interval>();
        for (var i = 0; i < models.Count; i++)
        {
            intervals[$"/models/{i}/decode_ms_per_token/value"] = new Interval(models[i].DecodeMsPerToken.Low, models[i].DecodeMsPerToken.High);
            if (models[i].PrefillMsPerToken is { } prefill)
                intervals[$"/models/{i}/prefill_ms_per_token/value"] = new Interval(prefill.Low, prefill.High);
        }

        return inquiry.Answer(
            new LatencyDriversResult(true, null, cut, models, Math.Max(0, samples.All.Count - limit)), ResultJson.Default.LatencyDriversResult, Grade.B,
            ["prefix_cache_sim", "output_limits", "slo_goodput"], Figures.Share(timed, rows), needsPrices: false, ci95: intervals);
    }
}
