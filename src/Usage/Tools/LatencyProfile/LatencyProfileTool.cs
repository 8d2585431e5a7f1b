using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.LatencyProfile;

/// <summary>T36: how long calls take.</summary>
internal sealed class LatencyProfileTool() : LogTool(
    "latency_profile", "T36", "How long calls take: whole time, time to first token, time per output token and speed, with intervals and limits met.",
    ArgumentSpec.GroupBy("Profiles by these dimensions, for instance [\"model\", \"region\"]; empty: the whole.", Dimension.Model),
    ArgumentSpec.Number("slo_ttft_ms", "Limit on the time to first token, to tell the share of calls within it.", null, 0, 86_400_000),
    ArgumentSpec.Number("slo_tpot_ms", "Limit on the time per output token.", null, 0, 86_400_000),
    ArgumentSpec.Number("slo_e2e_ms", "Limit on the whole time of a call.", null, 0, 86_400_000),
    ArgumentSpec.Whole("limit", "Groups shown, the ones with most calls.", 12, 1, 50))
{
    private static readonly double[] Percentiles = [0.5, 0.9, 0.95, 0.99];

    private static readonly UsageFilter Succeeded = new(Dimension.Status, FilterOperator.Equal, ["success"]);

    private static readonly string[] Columns =
    [
        UsageColumns.FirstTokenAt, UsageColumns.EndedAt, UsageColumns.OutVisible, UsageColumns.OutReasoning,
        UsageColumns.OutAudio
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var dimensions = inquiry.Arguments.GroupBy();
        var limits = new LatencyObjectives(
            inquiry.Arguments.FindNumber("slo_ttft_ms"), inquiry.Arguments.FindNumber("slo_tpot_ms"), inquiry.Arguments.FindNumber("slo_e2e_ms"));
        var counts = new Grouping<LatencyCounts>(dimensions, () => new LatencyCounts());
        var rows = await inquiry.EachAsync(
            [.. Columns, .. DimensionValue.Columns(dimensions)], call => counts.Of(call).Add(call, limits), cancellationToken, [Succeeded]);
        var timed = counts.All.Sum(group => Math.Max(group.State.WithDuration, group.State.WithFirstToken));
        inquiry.Exclude("not_successful", inquiry.Totals.Rows - rows);
        if (timed == 0)
            return inquiry.Answer(
                new LatencyProfileResult(
                    false, "No successful call has an end (ts_end) or a first token (ts_first_token). Log both, then ask again.", limits, [], 0),
                ResultJson.Default.LatencyProfileResult, Grade.D, ["sufficiency"], 0, needsPrices: false, rowsUsed: 0);

        var ordered = counts.All.OrderByDescending(group => group.State.Requests)
            .ThenBy(group => string.Join('\u001f', group.Keys), StringComparer.Ordinal).ToList();
        var limit = inquiry.Arguments.Whole("limit");
        var intervals = new Dictionary<string, Interval>();
        var groups = new List<LatencyGroup>();
        foreach (var (keys, state) in ordered.Take(limit))
        {
            var group = await GroupAsync(inquiry, dimensions, counts.Shown(keys), keys, state, limits, cancellationToken);
            Note(intervals, $"/groups/{groups.Count}", group);
            groups.Add(group);
        }

        var result = new LatencyProfileResult(true, null, limits, groups, Math.Max(0, ordered.Count - limit));
        Explain(inquiry, counts, result);
        return inquiry.Answer(
            result, ResultJson.Default.LatencyProfileResult, Grade.A, ["latency_drivers", "slo_goodput", "provider_compare"],
            Figures.Share(timed, rows), needsPrices: false, ci95: intervals);
    }

    private static async Task<LatencyGroup> GroupAsync(
        Inquiry inquiry, IReadOnlyList<Dimension> dimensions, IReadOnlyDictionary<string, string?> shown, IReadOnlyList<string?> keys,
        LatencyCounts counts, LatencyObjectives limits, CancellationToken cancellationToken)
    {
        var metrics = new (string Name, RowValue Value, long Rows)[]
        {
            ("e2e", RowValue.DurationMs, counts.WithDuration), ("ttft", RowValue.FirstTokenMs, counts.WithFirstToken),
            ("tpot", RowValue.OutputTokenMs, counts.WithPerOutputToken), ("tps", RowValue.OutputTokensPerSecond, counts.WithSpeed),
        };
        var filters = dimensions.Select((dimension, i) => keys[i] is { } key
            ? new UsageFilter(dimension, FilterOperator.Equal, [key])
            : new UsageFilter(dimension, FilterOperator.IsMissing, [])).Append(Succeeded).ToList();
        var table = await inquiry.QueryAsync(
            [], metrics.SelectMany(metric => Measures(metric.Name, metric.Value, metric.Rows)).ToList(), cancellationToken, moreFilters: filters);
        var cells = new Cells(table, table.Rows.Count == 0 ? null : table.Rows[0]);
        var found = metrics.Select(metric => Metric(cells, metric.Name, metric.Rows)).ToList();
        return new LatencyGroup(
            shown, counts.Requests, found[0], found[1], found[2], found[3], limits == new LatencyObjectives(null, null, null) ? null : counts.Attainment());
    }

    private static IEnumerable<Measure> Measures(string name, RowValue value, long rows)
    {
        yield return new(name + "_mean", MeasureKind.Mean, value);
        foreach (var percentile in Percentiles)
        {
            yield return new(Column(name, percentile, ""), MeasureKind.Percentile, value, percentile);
            if (OrderStatistics.Ranks(rows, percentile) is not { } ranks)
                continue;
            yield return new(Column(name, percentile, "_low"), MeasureKind.Percentile, value, AtRank(ranks.Low, rows));
            yield return new(Column(name, percentile, "_high"), MeasureKind.Percentile, value, AtRank(ranks.High, rows));
        }
    }

    private static LatencyMetric? Metric(Cells cells, string name, long rows) => rows == 0 ? null : new LatencyMetric(
        rows, Figures.Number(cells.Number(name + "_mean") ?? 0),
        Percentiles.Select(percentile =>
        {
            var hasInterval = OrderStatistics.Ranks(rows, percentile) is not null;
            return new LatencyPercentile(
                percentile * 100, Figures.Number(cells.Number(Column(name, percentile, "")) ?? 0),
                hasInterval ? Rounded(cells.Number(Column(name, percentile, "_low"))) : null,
                hasInterval ? Rounded(cells.Number(Column(name, percentile, "_high"))) : null);
        }).ToList());

    private static double? Rounded(double? value) => value is { } number ? Figures.Number(number) : null;

    private static double AtRank(long rank, long rows) => (double)(rank - 1) / (rows - 1);

    private static string Column(string name, double percentile, string end) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}_p{percentile * 100:0}{end}");

    private static void Note(Dictionary<string, Interval> intervals, string pointer, LatencyGroup group)
    {
        foreach (var (name, metric) in new[] { ("duration", group.Duration), ("first_token", group.FirstToken), ("per_output_token", group.PerOutputToken) })
        {
            var percentiles = metric?.Percentiles ?? [];
            for (var i = 0; i < percentiles.Count; i++)
                if (percentiles[i] is { Low: { } low, High: { } high })
                    intervals[$"{pointer}/{name}/percentiles/{i}/value"] = new Interval(low, high);
        }
    }

    private static void Explain(Inquiry inquiry, Grouping<LatencyCounts> counts, LatencyProfileResult result)
    {
        counts.Explain(inquiry);
        inquiry.Check(
            result.Groups.All(group => group.Duration is null || group.Duration.Percentiles.Zip(group.Duration.Percentiles.Skip(1))
                .All(pair => pair.First.Value <= pair.Second.Value)),
            "percentiles rise with their rank");
        inquiry.Assumptions.Add("Failed and cancelled calls are left out: a quick refusal is not a quick answer.");
        inquiry.Assumptions.Add("Percentiles interpolate linearly at (n − 1)·p; their intervals are order statistics at binomial ranks (95 %).");
        if (result.Groups.All(group => group.FirstToken is null))
            inquiry.Caveats.Add("No call has a first token: the log holds calls that were not streamed, or does not time their first token.");
        if (result.Groups.Any(group => group.Attainment is { } met && met.JudgedRequests < group.Requests))
            inquiry.Caveats.Add("Calls without every time a limit is set on are not judged against the limits.");
    }
}
