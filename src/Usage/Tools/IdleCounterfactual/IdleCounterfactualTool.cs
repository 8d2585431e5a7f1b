using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.IdleCounterfactual;

/// <summary>T25: what it costs that caches expire while people think, as an upper bound.</summary>
internal sealed class IdleCounterfactualTool() : LogTool(
    "idle_counterfactual", "T25", "The most that could be saved if prompt caches did not expire while users pause within a conversation.",
    ArgumentSpec.Number("idle_minutes", "A pause longer than this counts as idle; the vendor's shortest cache lives 5 minutes.", 5, 0, 10_080))
{
    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.Feature, UsageColumns.Status, UsageColumns.ConversationId, UsageColumns.EndedAt,
        UsageColumns.ParentEventId, .. UsageColumns.Pricing,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var replay = new IdleReplay(inquiry, inquiry.Prices, TimeSpan.FromMinutes(inquiry.Arguments.Number("idle_minutes")));
        long read = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, UsageColumns.ConversationId, columns: Columns))
        {
            if (call.Status != CallStatus.Success || call.ConversationId is not { } conversation)
                inquiry.Exclude("not_successful", 1);
            else
                replay.Add(call, conversation);
            if (++read % 10_000 == 0)
                inquiry.Request.Progress?.Report(read);
        }

        inquiry.Exclude("no_conversation_id", inquiry.Totals.Rows - read);
        var result = replay.Result();
        if (!result.Answered)
            return inquiry.Answer(
                result with { Reason = Reason(read) }, ResultJson.Default.IdleCounterfactualResult, Grade.D, ["cache_effectiveness", "sufficiency"], 0,
                needsPrices: false, rowsUsed: 0);

        inquiry.ExplainPrices();
        inquiry.Check(result.ShiftedTokens <= result.AppendTokens, "no more tokens are shifted than were paid anew");
        inquiry.Assumptions.Add(
            "Tokens paid anew after a pause that the conversation's last call had already sent count as lost to the pause: "
            + "append' = min(append, max(0, input − last input)).");
        inquiry.Caveats.Add("An upper bound by construction: a prompt edited during the pause would have missed the cache anyway.");
        if (replay.DroppedConversations > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Conversations idle longest were forgotten to bound memory: {replay.DroppedConversations:N0}; if they came back, their pauses are not counted."));
        var intervals = new Dictionary<string, Interval>();
        if (replay.Daily.PerMonthInterval() is { } interval)
            intervals["/upper_bound_per_month_usd"] = interval;
        return inquiry.Answer(
            result, ResultJson.Default.IdleCounterfactualResult, Grade.C, ["cache_ttl_advisor", "prefix_cache_sim", "conversation_growth"],
            Figures.Share(replay.Requests, inquiry.Totals.Rows), rowsUsed: replay.Requests, ci95: intervals);
    }

    private static string Reason(long read) => read == 0
        ? "No row carries a conversation_id. Log one with each call and ask again."
        : "No call of a conversation reports cached tokens, so no pause can have cost a cache. Turn prompt caching on first; prefix_cache_sim tells what it would save.";
}
