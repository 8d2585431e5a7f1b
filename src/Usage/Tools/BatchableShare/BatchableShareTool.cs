using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.BatchableShare;

/// <summary>T30: which calls could wait for a batch job, and what that would save.</summary>
internal sealed class BatchableShareTool() : LogTool(
    "batchable_share", "T30", "Which calls could wait for a batch job and what that saves: the certain ones and the likely ones, told apart.",
    new ArgumentSpec("service_users", ArgumentKind.Texts,
        "User ids of programs. Calls without a user, and users named svc…, service…, bot…, cron…, batch…, job… or system…, count as programs anyway.", Max: 1_000),
    ArgumentSpec.Whole("limit", "Groups shown of each kind, the ones with the greatest saving.", 12, 1, 100))
{
    private static readonly string[] Columns =
    [
        UsageColumns.EventId, UsageColumns.EndedAt, .. UsageColumns.Pricing, UsageColumns.Stream, UsageColumns.Status,
        UsageColumns.Attempt, UsageColumns.ParentEventId, UsageColumns.UserId, UsageColumns.EndUserId, UsageColumns.Feature,
        UsageColumns.ConversationId, UsageColumns.TraceId, UsageColumns.SystemHash, UsageColumns.ToolsHash,
        UsageColumns.BatchableHint, UsageColumns.DeadlineSeconds, UsageColumns.CostEffective
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var replay = new BatchReplay(inquiry, inquiry.Arguments.Texts("service_users").ToHashSet(StringComparer.Ordinal));
        await inquiry.EachAsync(Columns, replay.Add, cancellationToken);
        replay.Finish();
        var limit = inquiry.Arguments.Whole("limit");
        var intervals = new Dictionary<string, Interval>();
        var (certain, likely) = (replay.Certain(limit, intervals), replay.Likely(limit));
        var result = new BatchableShareResult(certain, likely, nameof(Grade.C), replay.BatchAlready, replay.WithoutBatchPrice, replay.Chained);

        inquiry.Check(certain.CostUsd + likely.CostUsd <= inquiry.Totals.Effective.Dollars, "no call counts as both certain and likely");
        inquiry.Check(certain.SavingUsd <= certain.CostUsd && likely.SavingUsd <= likely.CostUsd, "no saving exceeds the cost it is taken from");
        Explain(inquiry, replay, result);
        return inquiry.Answer(
            result, ResultJson.Default.BatchableShareResult, certain.Requests > 0 || likely.Requests == 0 ? Grade.B : Grade.C,
            ["tier_shift", "rank_actions", "what_if"], inquiry.Totals.Rows == 0 ? null : Figures.Share(replay.Telling, inquiry.Totals.Rows), ci95: intervals);
    }

    private static void Explain(Inquiry inquiry, BatchReplay replay, BatchableShareResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Assumptions.Add("Certain: marked as batchable by the log, or with a deadline of 24 hours and more.");
        inquiry.Assumptions.Add(
            "Likely (grade C): not streamed, made by a program, not awaited by another call within 5 minutes, and on a "
            + "schedule (over 60 % of gaps within 5 % of one period) or in a burst (50 of one template within 10 minutes).");
        inquiry.Caveats.Add("A batch answer may take up to 24 hours: ask the owners of the likely groups before moving them.");
        if (result.WithoutBatchPrice > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Candidate calls whose model has no batch price: {result.WithoutBatchPrice:N0}; they count as no saving."));
        if (replay.Telling == 0 && inquiry.Totals.Rows > 0)
            inquiry.Caveats.Add("No row tells whether it was streamed (stream) or can wait (batchable_hint, deadline_s): nothing could be found.");
        if (replay.TooManyTemplates)
            inquiry.Caveats.Add("There are more than 20,000 kinds of calls by programs; the later ones were not looked at for schedules and bursts.");
    }
}
