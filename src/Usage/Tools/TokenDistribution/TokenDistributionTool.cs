using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.TokenDistribution;

/// <summary>T14: how long prompts and answers are, and on which side the money goes.</summary>
internal sealed class TokenDistributionTool() : LogTool(
    "token_distribution", "T14", "How long prompts and answers are (percentiles with intervals, histogram) and which side costs the money.",
    ArgumentSpec.GroupBy("Distributions by these dimensions, for instance [\"model\"]; empty: the whole."),
    ArgumentSpec.Whole("limit", "Groups shown, the ones with most requests.", 12, 1, 50))
{
    private static readonly double[] Percentiles = [0.5, 0.75, 0.9, 0.95, 0.99];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var dimensions = inquiry.Arguments.GroupBy();
        var sides = await SideCosts.ReadAsync(inquiry, dimensions, cancellationToken);
        var table = await inquiry.QueryAsync(dimensions, [new("requests", MeasureKind.Requests)], cancellationToken, "requests");
        var limit = inquiry.Arguments.Whole("limit");
        var groups = new List<TokenGroup>();
        var intervals = new Dictionary<string, Interval>();
        foreach (var row in table.Rows.Take(limit))
        {
            var requests = new Cells(table, row).Count("requests");
            if (requests > 0)
                groups.Add(await GroupAsync(inquiry, dimensions, row.Keys, requests, groups.Count, sides, intervals, cancellationToken));
        }

        var result = new TokenDistributionResult(groups, Math.Max(0, table.Rows.Count - limit), sides.Histogram());
        inquiry.Check(
            sides.Rows == inquiry.Totals.Rows && result.Histogram.InputRequests.Sum() == inquiry.Totals.Rows,
            "the histogram counts every row once");
        inquiry.ExplainPrices();
        inquiry.Assumptions.Add(
            "Percentiles interpolate linearly at (n − 1)·p; their intervals are order statistics at binomial "
            + "ranks (95 %).");
        if (dimensions.Count == 0)
            inquiry.Caveats.Add(
                "One distribution over all features and models mixes unlike jobs; group by feature or model "
                + "before setting limits by it.");
        return inquiry.Answer(
            result, ResultJson.Default.TokenDistributionResult, Grade.A, ["cost_breakdown", "prefix_cache_sim", "rank_actions"],
            needsPrices: false, ci95: intervals);
    }

    private static async Task<TokenGroup> GroupAsync(
        Inquiry inquiry, IReadOnlyList<Dimension> dimensions, IReadOnlyList<string?> keys, long requests, int index, SideCosts sides,
        Dictionary<string, Interval> intervals, CancellationToken cancellationToken)
    {
        var filters = dimensions.Select((dimension, i) => keys[i] is { } key
            ? new UsageFilter(dimension, FilterOperator.Equal, [key])
            : new UsageFilter(dimension, FilterOperator.IsMissing, [])).ToList();
        var measures = Measures("in", RowValue.InputTokens, requests).Concat(Measures("out", RowValue.OutputTokens, requests))
            .Append(new Measure("in_sum", MeasureKind.InputTokens)).Append(new Measure("out_sum", MeasureKind.OutputTokens)).ToList();
        var table = await inquiry.QueryAsync([], measures, cancellationToken, moreFilters: filters);
        var cells = new Cells(table, table.Rows[0]);
        var input = Side(cells, "in", requests);
        var output = Side(cells, "out", requests);
        Note(intervals, $"/groups/{index}/input", input);
        Note(intervals, $"/groups/{index}/output", output);
        var shown = new Dictionary<string, string?>();
        for (var i = 0; i < dimensions.Count; i++)
            shown[SnakeCase.Of(dimensions[i])] = keys[i];
        return new TokenGroup(
            shown, requests, input, output,
            output.SumTokens == 0 ? null : Figures.Number((double)input.SumTokens / output.SumTokens), sides.Of(keys));
    }

    private static IEnumerable<Measure> Measures(string side, RowValue value, long requests)
    {
        yield return new(side + "_mean", MeasureKind.Mean, value);
        yield return new(side + "_min", MeasureKind.Min, value);
        yield return new(side + "_max", MeasureKind.Max, value);
        foreach (var percentile in Percentiles)
        {
            yield return new(MeasureName(side, percentile, ""), MeasureKind.Percentile, value, percentile);
            if (OrderStatistics.Ranks(requests, percentile) is not { } ranks)
                continue;
            yield return new(MeasureName(side, percentile, "_low"), MeasureKind.Percentile, value, AtRank(ranks.Low, requests));
            yield return new(MeasureName(side, percentile, "_high"), MeasureKind.Percentile, value, AtRank(ranks.High, requests));
        }
    }

    /// <summary>The percentile whose interpolation falls on exactly that order statistic.</summary>
    private static double AtRank(long rank, long requests) => requests < 2 ? 0 : (double)(rank - 1) / (requests - 1);

    private static TokenSide Side(Cells cells, string side, long requests) => new(
        cells.Count(side + "_sum"), Figures.Number(cells.Number(side + "_mean") ?? 0), cells.Number(side + "_min") ?? 0,
        cells.Number(side + "_max") ?? 0,
        Percentiles.Select(percentile =>
        {
            var hasInterval = OrderStatistics.Ranks(requests, percentile) is not null;
            return new TokenPercentile(
                percentile * 100, Figures.Number(cells.Number(MeasureName(side, percentile, "")) ?? 0),
                hasInterval ? Rounded(cells.Number(MeasureName(side, percentile, "_low"))) : null,
                hasInterval ? Rounded(cells.Number(MeasureName(side, percentile, "_high"))) : null);
        }).ToList());

    // Interpolation can leave a hair of a token beside an order statistic, which is a whole number.
    private static double? Rounded(double? tokens) => tokens is { } number ? Math.Round(number) : null;

    private static void Note(Dictionary<string, Interval> intervals, string pointer, TokenSide side)
    {
        for (var i = 0; i < side.Percentiles.Count; i++)
            if (side.Percentiles[i] is { LowTokens: { } low, HighTokens: { } high })
                intervals[$"{pointer}/percentiles/{i}/tokens"] = new Interval(low, high);
    }

    private static string MeasureName(string side, double percentile, string end) =>
        string.Create(CultureInfo.InvariantCulture, $"{side}_p{percentile * 100:0}{end}");
}
