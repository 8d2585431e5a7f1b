using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.CacheEffectiveness;

/// <summary>T24: what the prompt caches in use really read, write and save, by the usage reported with each call.</summary>
internal sealed class CacheEffectivenessTool() : LogTool(
    "cache_effectiveness", "T24", "What the prompt caches in use read, write and save, where they cost more than they save, and which long prompts never read one.",
    ArgumentSpec.GroupBy("Where caches are told apart.", Dimension.Feature, Dimension.Model),
    ArgumentSpec.Whole("min_tokens", "Shortest prompt a cache can serve.", 1_024, 1, 1_000_000),
    ArgumentSpec.Whole("limit", "Groups shown.", 50, 1, 1_000))
{
    private const int MaxGroups = 20_000;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var keys = new GroupKeys(inquiry.Arguments.GroupBy());
        var minTokens = inquiry.Arguments.Whole("min_tokens");
        var totals = new CacheUseSum();
        var groups = new Dictionary<string, CacheUseSum>(StringComparer.Ordinal);
        var daily = new Dictionary<string, DailyAmounts>(StringComparer.Ordinal);
        string[] columns = [UsageColumns.EventId, .. UsageColumns.Pricing, .. DimensionValue.Columns(inquiry.Arguments.GroupBy())];
        await inquiry.EachAsync(columns, call =>
        {
            var key = keys.Joined(call);
            if (!groups.TryGetValue(key, out var group))
            {
                if (groups.Count == MaxGroups)
                    throw new ToolArgumentException("group_by", $"These dimensions make more than {MaxGroups} groups; group by fewer, or filter.");
                (groups[key], daily[key]) = (group = new CacheUseSum(), new DailyAmounts());
            }

            var units = inquiry.Prices.Units(call);
            totals.Add(call, units, minTokens);
            group.Add(call, units, minTokens);
            daily[key].Add(call.StartedAt, units is null ? 0 : CacheUseSum.Premium(call, units) - CacheUseSum.Saving(call, units));
        }, cancellationToken);

        var negative = groups.Where(pair => pair.Value.IsNegative).ToList();
        var ordered = groups.OrderByDescending(pair => pair.Value.IsNegative ? -pair.Value.Net : 0)
            .ThenByDescending(pair => pair.Value.ZeroReadInput).ThenBy(pair => pair.Key, StringComparer.Ordinal);
        var result = new CacheEffectivenessResult(
            totals.Shown(), decimal.Round(negative.Sum(pair => -pair.Value.Net), 9), negative.Sum(pair => daily[pair.Key].PerMonth()), negative.Count,
            groups.Count, ordered.Take(inquiry.Arguments.Whole("limit")).Select(pair => new CacheGroup(keys.Named(pair.Key), pair.Value.IsNegative, pair.Value.Shown())).ToList());
        await SampleAsync(inquiry, keys, columns, negative.Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal), cancellationToken);
        Explain(inquiry, result, groups.Values.Sum(group => group.Shown().InputTokens));
        return inquiry.Answer(
            result, ResultJson.Default.CacheEffectivenessResult, Grade.A, ["prefix_cache_sim", "cache_ttl_advisor", "idle_counterfactual"]);
    }

    /// <summary>Rows that wrote and read nothing, in a group that loses.</summary>
    private static async Task SampleAsync(
        Inquiry inquiry, GroupKeys keys, string[] columns, HashSet<string> losing, CancellationToken cancellationToken)
    {
        var found = 0;
        if (losing.Count == 0)
            return;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, columns: columns))
        {
            if (call.InCacheRead > 0 || call.InCacheWrite5m + call.InCacheWrite1h == 0 || !losing.Contains(keys.Joined(call)))
                continue;
            inquiry.Sample(call.EventId);
            if (++found == Inquiry.MaxSamples)
                return;
        }
    }

    private static void Explain(Inquiry inquiry, CacheEffectivenessResult result, long inputOfGroups)
    {
        inquiry.ExplainPrices();
        inquiry.Check(inputOfGroups == result.Totals.InputTokens, "the groups' input tokens sum to the whole");
        inquiry.Assumptions.Add("Reads and writes are the tokens each call reports; a gateway's cache_hit flag is not trusted.");
        if (result.Totals.ReadTokens + result.Totals.WrittenTokens == 0 && inquiry.Totals.Rows > 0)
            inquiry.Caveats.Add("No row reports cached tokens: either no cache is in use, or the source does not log what it read.");
        if (result.Totals.ZeroReadRequests > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"zero_read_input_usd is the cost of long prompts that read nothing, not a saving: prefix_cache_sim tells how much of it repeats."));
    }
}
