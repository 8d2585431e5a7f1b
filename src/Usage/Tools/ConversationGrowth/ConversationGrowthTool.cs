using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.ConversationGrowth;

/// <summary>T16: how much of what conversations send has been sent before, and what trimming or summarising would save.</summary>
internal sealed class ConversationGrowthTool() : LogTool(
    "conversation_growth", "T16", "How much of each prompt the conversation has sent before, and what keeping the last turns or summarising the history would save.",
    new ArgumentSpec("keep_turns", ArgumentKind.Numbers, "Policies that keep the first turn and so many of the last. Default 1, 2, 4, 8.", Min: 1, Max: 8),
    new ArgumentSpec("summarise_at_tokens", ArgumentKind.Numbers,
        "Policies that summarise the history once the prompt would pass so many tokens. Default 4,000, 8,000, 16,000, 32,000.", Min: 100, Max: 8),
    ArgumentSpec.Whole("summary_tokens", "Length of a summary.", 500, 1, 100_000))
{
    private static readonly double[] DefaultKeep = [1, 2, 4, 8];
    private static readonly double[] DefaultSummarise = [4_000, 8_000, 16_000, 32_000];

    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.Feature, UsageColumns.Status, UsageColumns.ConversationId, .. UsageColumns.Pricing,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var policies = Policies(inquiry.Arguments);
        var replay = new GrowthReplay(inquiry.Prices, policies);
        long read = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, UsageColumns.ConversationId, columns: Columns))
        {
            if (call.Status != CallStatus.Success || call.ConversationId is not { } conversation)
                inquiry.Exclude("not_successful", 1);
            else if (replay.Add(call, conversation) > 0)
                inquiry.Sample(call.EventId);
            if (++read % 10_000 == 0)
                inquiry.Request.Progress?.Report(read);
        }

        inquiry.Exclude("no_conversation_id", inquiry.Totals.Rows - read);
        var result = replay.Result();
        if (!result.Answered)
            return inquiry.Answer(
                result with { Reason = Reason(replay.Turns), Policies = [] }, ResultJson.Default.ConversationGrowthResult, Grade.D,
                ["sufficiency", "oversized_context"], 0, needsPrices: false, rowsUsed: 0);

        Explain(inquiry, replay, result);
        var intervals = new Dictionary<string, Interval>();
        for (var i = 0; i < policies.Count; i++)
            if (policies[i].Daily.PerMonthInterval() is { } interval)
                intervals[$"/policies/{i}/saving_per_month_usd"] = interval;
        return inquiry.Answer(
            result, ResultJson.Default.ConversationGrowthResult, Grade.C, ["prefix_cache_sim", "oversized_context", "idle_counterfactual"],
            Figures.Share(replay.Turns, inquiry.Totals.Rows), rowsUsed: replay.Turns, ci95: intervals);
    }

    private static List<TrimPolicy> Policies(ToolArguments arguments) =>
    [
        .. Whole(arguments, "keep_turns", DefaultKeep).Select(keep => new KeepLastPolicy(keep)),
        .. Whole(arguments, "summarise_at_tokens", DefaultSummarise).Select(at => new SummarisePolicy(at, arguments.Whole("summary_tokens"))),
    ];

    private static IEnumerable<int> Whole(ToolArguments arguments, string name, double[] fallback)
    {
        foreach (var value in arguments.Has(name) ? arguments.Numbers(name) : fallback)
            yield return value == Math.Floor(value) && value <= 10_000_000
                ? (int)value
                : throw new ToolArgumentException(name, string.Create(CultureInfo.InvariantCulture, $"{name} holds {value}; whole numbers up to 10,000,000 are allowed."));
    }

    private static string Reason(long turns) => turns == 0
        ? "No successful row carries a conversation_id. Log one with each call and ask again."
        : "No conversation has a second turn that sends anything again: there is nothing to trim.";

    private static void Explain(Inquiry inquiry, GrowthReplay replay, ConversationGrowthResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Check(result.Features.Count == 50 || result.Features.Sum(feature => feature.ResentTokens) == result.ResentTokens, "the features' resent tokens sum to the whole");
        inquiry.Check(result.Policies.All(policy => policy.InputTokens <= result.InputTokens), "no policy sends more than was sent");
        inquiry.Assumptions.Add("New input of a turn is max(0, input − last input − last output); the rest was sent or received before.");
        inquiry.Assumptions.Add(
            "Every policy keeps the whole first turn, because it holds system text and tools; answers stay as they were. Past a cut the "
            + "prompt is no longer read from a cache, and is billed like the rest of its row.");
        inquiry.Caveats.Add("Whether answers stay as good with less history only a test shows.");
        inquiry.Caveats.Add("The policies' savings overlap with each other and with prompt caching; never add them.");
        if (result.ShrunkTurns > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Turns with a shorter prompt than the one before: {result.ShrunkTurns:N0}; there the client trims already, or two talks share an id."));
        if (replay.UnpricedTurns > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture, $"Turns without a known price, counted in tokens alone: {replay.UnpricedTurns:N0}."));
        if (replay.DroppedConversations > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Conversations idle longest were forgotten to bound memory: {replay.DroppedConversations:N0}; if they came back they count as new."));
    }
}
