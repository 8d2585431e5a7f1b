using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.RetryWaste;

/// <summary>T38: what failed and repeated attempts cost.</summary>
internal sealed class RetryWasteTool() : LogTool(
    "retry_waste", "T38", "What failed and repeated attempts cost, how many attempts a request takes, and which errors cause them.",
    ArgumentSpec.GroupBy("Error rates and waste by these dimensions, for instance [\"model\", \"feature\"].", Dimension.Model),
    ArgumentSpec.Whole("limit", "Groups and errors shown, dearest first.", 20, 1, 200))
{
    private static readonly string[] Columns =
    [
        UsageColumns.EventId, UsageColumns.EndedAt, UsageColumns.Operation, UsageColumns.Status, UsageColumns.HttpStatus,
        UsageColumns.ErrorType, UsageColumns.Attempt, UsageColumns.ParentEventId, UsageColumns.UserId, UsageColumns.Feature,
        UsageColumns.TraceId, UsageColumns.PromptHash, .. UsageColumns.Tokens, UsageColumns.CostRecorded,
        UsageColumns.CostRecordedCurrency, UsageColumns.CostEffective
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var tally = new RetryTally(inquiry, inquiry.Arguments.GroupBy());
        await inquiry.EachAsync([.. Columns, .. DimensionValue.Columns(inquiry.Arguments.GroupBy())], tally.Add, cancellationToken);
        var intervals = new Dictionary<string, Interval>();
        var result = tally.Result(inquiry.Arguments.Whole("limit"), intervals);

        inquiry.Check(result.Lengths.Sum(length => length.Attempts * length.Requests) == result.Attempts, "every attempt belongs to one request");
        inquiry.Check(
            result.WasteUsd == result.FailedUsd + result.SupersededUsd && tally.Groups.All.Sum(group => group.State.Failed) <= result.FailedAttempts,
            "failed and superseded attempts sum to the waste");
        Explain(inquiry, tally, result);
        if (Proportion.Wilson(result.FailedAttempts, result.Attempts) is { } interval)
            intervals["/error_share"] = interval;
        return inquiry.Answer(
            result, ResultJson.Default.RetryWasteResult, Grade.B, ["cost_breakdown", "rank_actions", "sufficiency"],
            inquiry.Totals.Rows == 0 ? null : Figures.Share(tally.Recognisable, tally.Attempts), ci95: intervals);
    }

    private static void Explain(Inquiry inquiry, RetryTally tally, RetryWasteResult result)
    {
        inquiry.ExplainPrices();
        tally.Groups.Explain(inquiry);
        inquiry.Assumptions.Add(
            "An attempt is billed at the lower of its recorded and its computed cost: a source that booked nothing "
            + "for a failed call is believed.");
        inquiry.Assumptions.Add(
            "A retry repeats a prompt within 10 minutes after a failure or within 5 seconds after an answer, or is "
            + "marked as one by its source.");
        if (result is { FailedAttempts: 0, Attempts: > 0 })
            inquiry.Caveats.Add("No call is marked as failed: either all went well or the source does not record failures.");
        if (result.EarlierAttemptMissing > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Calls numbered as retries whose earlier attempt is not among the rows: {result.EarlierAttemptMissing:N0}; "
                + $"each counts as a request of its own."));
        if (tally.Forgotten > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"More than 2,000,000 requests were open within ten minutes; {tally.Forgotten:N0} were let go early, "
                + $"so amplification is a lower bound."));
    }
}
