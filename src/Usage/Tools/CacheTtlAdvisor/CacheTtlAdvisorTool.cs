using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CacheTtlAdvisor;

/// <summary>T23: for each stable beginning of prompts, whether to mark it for the cache, and for five minutes or an hour.</summary>
internal sealed class CacheTtlAdvisorTool() : LogTool(
    "cache_ttl_advisor", "T23", "For each stable beginning of prompts: cache it or not, for five minutes or an hour, and what the choice in the log costs.",
    new ArgumentSpec("price_model", ArgumentKind.Text, "Prices to assume for rows that name no model.", Max: 200),
    ArgumentSpec.Whole("min_tokens", "Shortest prefix the cache takes.", 1_024, 1, 1_000_000),
    ArgumentSpec.Whole("limit", "Prefixes shown.", 50, 1, 1_000))
{
    private const int MaxPrefixes = 20_000;

    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.Feature, UsageColumns.PrefixBlockHashes, UsageColumns.BlockSize, UsageColumns.ToolsHash, UsageColumns.ToolsTokens,
        .. UsageColumns.Pricing,
    ];

    protected override string Version => "2";

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var minTokens = inquiry.Arguments.Whole("min_tokens");
        var replay = new TtlReplay(inquiry.Arguments.FindText("price_model"), inquiry.Prices, MaxPrefixes, minTokens);
        long rows = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, columns: Columns))
        {
            if (replay.Add(call) is { } reason)
                inquiry.Exclude(reason, 1);
            if (++rows % 10_000 == 0)
                inquiry.Request.Progress?.Report(rows);
        }

        var advice = replay.Prefixes.Select(prefix => prefix.Advice(minTokens)).ToList();
        var result = Result(inquiry, replay, advice, minTokens);
        if (!result.Answered)
            return inquiry.Answer(result, ResultJson.Default.CacheTtlResult, Grade.D, ["sufficiency", "prefix_cache_sim"], 0, needsPrices: false, rowsUsed: 0);
        Explain(inquiry, replay, result, minTokens);
        return inquiry.Answer(
            result, ResultJson.Default.CacheTtlResult, Grade.C, ["prefix_cache_sim", "cache_effectiveness", "rank_actions"],
            1 - Figures.Share(inquiry.Excluded.GetValueOrDefault(TtlReplay.NoPrefixHashes), inquiry.Totals.Rows), needsPrices: false,
            rowsUsed: replay.Requests);
    }

    private static CacheTtlResult Result(Inquiry inquiry, TtlReplay replay, List<PrefixAdvice> advice, int minTokens)
    {
        var best = advice.Sum(prefix => PrefixHistory.Of(prefix.Costs, prefix.Choice));
        var none = advice.Sum(prefix => prefix.Costs.NoneUsd);
        var shown = advice.OrderByDescending(prefix => prefix.Costs.NoneUsd - PrefixHistory.Of(prefix.Costs, prefix.Choice))
            .ThenByDescending(prefix => prefix.Calls).ThenBy(prefix => prefix.Prefix, StringComparer.Ordinal).Take(inquiry.Arguments.Whole("limit")).ToList();
        var days = Math.Max(1, inquiry.Totals.Days);
        return new CacheTtlResult(
            replay.Requests > 0, replay.Requests > 0 ? null : Reason(inquiry), replay.Requests, advice.Count, none,
            advice.Sum(prefix => prefix.PrefixTokens >= minTokens ? prefix.Costs.FiveMinutesUsd : prefix.Costs.NoneUsd),
            advice.Sum(prefix => prefix.PrefixTokens >= minTokens ? prefix.Costs.OneHourUsd : prefix.Costs.NoneUsd), best, none - best,
            decimal.Round((none - best) / days * 30, 9), advice.Sum(prefix => prefix.WrongChoiceUsd),
            new TtlCosts(
                advice.Sum(prefix => prefix.WholePrompt.NoneUsd), advice.Sum(prefix => prefix.WholePrompt.FiveMinutesUsd),
                advice.Sum(prefix => prefix.WholePrompt.OneHourUsd)),
            shown);
    }

    private static string Reason(Inquiry inquiry) =>
        inquiry.Excluded.GetValueOrDefault(TtlReplay.NoCacheWritePrice) > 0
            ? "The rows with prompt hashes are of models whose vendor offers no choice of lifetime: their caches work by themselves. "
              + "Name a price_model to weigh one that does."
            : "No row carries prefix_block_hashes (salted hashes of the prompt's blocks) or tools_hash with tools_tokens. Log either and ask "
              + "again; a few days are enough.";

    private static void Explain(Inquiry inquiry, TtlReplay replay, CacheTtlResult result, int minTokens)
    {
        inquiry.Check(
            result.BestUsd <= result.NoneUsd && result.BestUsd <= result.FiveMinutesUsd && result.BestUsd <= result.OneHourUsd,
            "the best choice per prefix costs no more than any one choice for all");
        inquiry.Assumptions.Add(
            "Each use renews an entry; five-minute and one-hour entries are written and read at the model's own prices in force (Anthropic's "
            + "documentation, 2025). Calls with the same first block, or the same tools, share a prefix as long as their leading blocks agree.");
        inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture, $"A prefix below {minTokens:N0} tokens is not cached."));
        if (replay.AssumedRows > 0)
            inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows that name no model: {replay.AssumedRows:N0}; the prices of {inquiry.Arguments.FindText("price_model")} are assumed for them."));
        if (replay.UntrackedRows > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"There are more than {MaxPrefixes:N0} prefixes; {replay.UntrackedRows:N0} calls of later ones are left out."));
        inquiry.Caveats.Add("Vendors spread calls over machines, so real reads are fewer than the replay's.");
        inquiry.Caveats.Add("The saving overlaps with that of prefix_cache_sim; never add them.");
    }
}
