using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.OversizedContext;

/// <summary>T15: prompts close to the model's limit, above a long-context price, or far longer than their feature's usual.</summary>
internal sealed class OversizedContextTool() : LogTool(
    "oversized_context", "T15", "Which prompts are close to the model's limit, above a long-context price, or far longer than usual for a short answer, and what that costs.",
    ArgumentSpec.Number("near_share", "A prompt is near the limit from this share of the model's most input tokens on.", 0.8, 0.1, 1),
    ArgumentSpec.Number("times_median", "A prompt is unbalanced above so many times its feature's median input, with less than the median output.", 4, 1, 1_000))
{
    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.Feature, UsageColumns.Status, UsageColumns.CostEffective, .. UsageColumns.Pricing,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var findings = new ContextFindings(
            inquiry.Prices, inquiry.Arguments.Number("near_share"), inquiry.Arguments.Number("times_median"), await MediansAsync(inquiry, cancellationToken));
        long rows = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, columns: Columns))
        {
            findings.Add(call);
            if (++rows % 10_000 == 0)
                inquiry.Request.Progress?.Report(rows);
        }

        var result = findings.Result();
        foreach (var row in result.Rows)
            inquiry.Sample(row.EventId);
        Explain(inquiry, result);
        var intervals = new Dictionary<string, Interval>();
        if (findings.Daily.PerMonthInterval() is { } interval)
            intervals["/at_stake_per_month_usd"] = interval;
        return inquiry.Answer(
            result, ResultJson.Default.OversizedContextResult, Grade.C, ["conversation_growth", "fixed_overhead", "token_distribution"], ci95: intervals);
    }

    private static async Task<Dictionary<string, (double Input, double Output)>> MediansAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [Dimension.Feature],
            [
                new("requests", MeasureKind.Requests), new("input", MeasureKind.Percentile, RowValue.InputTokens, 0.5),
                new("output", MeasureKind.Percentile, RowValue.OutputTokens, 0.5),
            ],
            cancellationToken, "requests", 10_000, [new(Dimension.Status, FilterOperator.Equal, ["success"])]);
        return table.Rows.ToDictionary(
            row => row.Keys[0] ?? "",
            row => (new Cells(table, row).Number("input") ?? 0, new Cells(table, row).Number("output") ?? 0), StringComparer.Ordinal);
    }

    private static void Explain(Inquiry inquiry, OversizedContextResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Check(
            result.AtStakeUsd <= result.TierCrossing.ExcessUsd + result.Unbalanced.ExcessUsd + 0.00001m, "no call's money is counted twice");
        inquiry.Assumptions.Add(
            "What is at stake is the call's cost less its cost with the input cut: to the price threshold, or to the feature's median; the "
            + "end of the prompt is cut first, and answers are taken to stay as long.");
        inquiry.Caveats.Add("A long document may be the very job: look at the rows before cutting any.");
        if (result.NearLimit.UnknownLimitRequests > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Calls of models whose most input tokens are unknown: {result.NearLimit.UnknownLimitRequests:N0}; they are not judged by the limit."));
        if (result.NearLimit.OverLimitRequests > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Calls above their model's limit: {result.NearLimit.OverLimitRequests:N0}; a vendor refuses such prompts, so the log or the price book may be wrong about them."));
    }
}
