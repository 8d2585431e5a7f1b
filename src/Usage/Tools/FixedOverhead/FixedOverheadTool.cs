using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.FixedOverhead;

/// <summary>T19: what system text and tool definitions cost because they are sent with every call.</summary>
internal sealed class FixedOverheadTool() : LogTool(
    "fixed_overhead", "T19", "What system texts and tool definitions cost because every call sends them again, and which tool sets are never called.",
    ArgumentSpec.Whole("min_requests", "Calls a system text or tool set needs before it is judged.", 100, 2, 1_000_000),
    ArgumentSpec.Whole("limit", "Groups shown.", 50, 1, 1_000))
{
    private const int MaxGroups = 20_000;
    private const string NothingKnown = "no_fixed_part_known";

    private static readonly IReadOnlyList<string> Keys = [UsageColumns.Feature, .. UsageColumns.Model, UsageColumns.SystemHash, UsageColumns.ToolsHash];

    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, .. Keys, UsageColumns.ToolsTokens, UsageColumns.ToolCallCount, UsageColumns.ConversationId,
        UsageColumns.PrefixBlockHashes, UsageColumns.BlockSize, .. UsageColumns.Tokens,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var minRequests = inquiry.Arguments.Whole("min_requests");
        var parts = await LearnAsync(inquiry, cancellationToken);
        long rows = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, columns: [UsageColumns.EventId, .. Keys, .. UsageColumns.Pricing]))
        {
            if (!parts.TryGetValue(KeyOf(call), out var part) || part.Length == 0)
                inquiry.Exclude(NothingKnown, 1);
            else if (part.Seen < minRequests)
                inquiry.Exclude("too_few_requests", 1);
            else
            {
                part.Weigh(call, inquiry.Prices.Units(call));
                if (part.NeverCalled(minRequests))
                    inquiry.Sample(call.EventId);
            }

            if (++rows % 10_000 == 0)
                inquiry.Request.Progress?.Report(rows);
        }

        var weighed = parts.Values.Where(part => part.Requests > 0).ToList();
        var result = Result(weighed, minRequests, inquiry.Arguments.Whole("limit"));
        if (!result.Answered)
            return inquiry.Answer(
                result with { Reason = Reason(inquiry, minRequests) }, ResultJson.Default.FixedOverheadResult, Grade.D,
                ["sufficiency", "token_distribution"], 0, needsPrices: false, rowsUsed: 0);
        Explain(inquiry, result, minRequests);
        return inquiry.Answer(
            result, ResultJson.Default.FixedOverheadResult, Grade.B, ["prefix_cache_sim", "cache_effectiveness", "oversized_context"],
            Figures.Share(result.Requests, inquiry.Totals.Rows), rowsUsed: result.Requests);
    }

    private static FixedKey KeyOf(UsageEvent call) => new(call.Feature, call.Model, call.SystemHash, call.ToolsHash);

    private static async Task<Dictionary<FixedKey, FixedPart>> LearnAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var parts = new Dictionary<FixedKey, FixedPart>();
        await foreach (var call in inquiry.ReadAsync(cancellationToken, columns: Columns))
        {
            var key = KeyOf(call);
            if (!parts.TryGetValue(key, out var part))
            {
                if (parts.Count == MaxGroups)
                    continue;
                parts[key] = part = new FixedPart(key);
            }

            part.Learn(call);
        }

        if (parts.Count == MaxGroups)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"There are more than {MaxGroups:N0} pairs of system text and tool set; calls of later ones are left out. Is a changing value hashed with the system text?"));
        return parts;
    }

    private static FixedOverheadResult Result(List<FixedPart> parts, int minRequests, int limit)
    {
        var never = parts.Where(part => part.NeverCalled(minRequests)).ToList();
        var (fixedTokens, input) = (parts.Sum(part => part.FixedTokens), parts.Sum(part => part.InputTokens));
        return new FixedOverheadResult(
            parts.Count > 0, null, parts.Sum(part => part.Requests), input, fixedTokens, Figures.Share(fixedTokens, input),
            decimal.Round(parts.Sum(part => part.Daily.Total), 9), parts.Sum(part => part.Daily.PerMonth()),
            decimal.Round(never.Sum(part => part.ToolsDaily.Total), 9), never.Sum(part => part.ToolsDaily.PerMonth()),
            parts.Select(part => part.Shown(minRequests)).OrderByDescending(group => group.FixedUsd).ThenByDescending(group => group.Requests)
                .ThenBy(group => group.Feature, StringComparer.Ordinal).Take(limit).ToList());
    }

    private static string Reason(Inquiry inquiry, int minRequests) => inquiry.Excluded.GetValueOrDefault("too_few_requests") > 0
        ? string.Create(CultureInfo.InvariantCulture, $"No system text or tool set has {minRequests:N0} calls (min_requests).")
        : "No row tells how its prompt begins. Log system_hash, tools_hash with tools_tokens, or prefix_block_hashes with each call; no text is needed.";

    private static void Explain(Inquiry inquiry, FixedOverheadResult result, int minRequests)
    {
        inquiry.ExplainPrices();
        inquiry.Check(result.FixedTokens <= result.InputTokens, "fixed tokens are no more than the input");
        inquiry.Check(result.NeverCalledUsd <= result.FixedUsd, "tools never called cost no more than the fixed part");
        inquiry.Assumptions.Add(
            "The fixed part is the run of leading blocks that all calls with the same feature, model, system hash and tools hash share, in whole "
            + "blocks, or the logged length of the tool definitions where that is longer. A cache serves it first.");
        inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
            $"A tool set counts as never called when {minRequests:N0} or more answers tell their tool calls and none made one."));
        if (result.Groups.Any(group => group.Basis == "tools_tokens"))
            inquiry.Caveats.Add("Without block hashes the system text is not seen: groups with the basis tools_tokens are a lower bound.");
        inquiry.Caveats.Add("Only whole tool sets are told apart: a log with one hash per set cannot tell which single tool of a set is unused.");
    }
}
