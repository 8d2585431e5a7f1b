using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.ReasoningShare;

/// <summary>T18: what reasoning costs, and what less effort would, as far as the log has measured it.</summary>
internal sealed class ReasoningShareTool() : LogTool(
    "reasoning_share", "T18", "What reasoning tokens cost by feature and model, and, where the log holds calls at several efforts, what the cheapest measured effort would cost.",
    ArgumentSpec.GroupBy("Where reasoning is told apart.", Dimension.Feature, Dimension.Model),
    new ArgumentSpec("features", ArgumentKind.Texts, "Features of low value, where less effort will do: the saving is told over these alone. Default all measured ones.", Max: 50),
    new ArgumentSpec("effort_tag", ArgumentKind.Text, "Tag that holds a call's reasoning effort.", "reasoning_effort", Max: 100),
    ArgumentSpec.Whole("min_requests", "Calls an effort needs before it is compared.", 30, 2, 1_000_000))
{
    private const int MaxGroups = 20_000;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var dimensions = inquiry.Arguments.GroupBy();
        var keys = new GroupKeys(dimensions);
        var wanted = inquiry.Arguments.Texts("features");
        if (wanted.Count > 0 && !dimensions.Contains(Dimension.Feature))
            throw new ToolArgumentException("features", "features needs feature among the dimensions of group_by.");
        var tag = inquiry.Arguments.FindText("effort_tag") ?? "";
        var groups = new Dictionary<string, ReasoningGroupSum>(StringComparer.Ordinal);
        string[] columns =
        [
            UsageColumns.EventId, UsageColumns.Tags, UsageColumns.CostEffective, UsageColumns.QualityScore, .. UsageColumns.Pricing,
            .. DimensionValue.Columns(dimensions),
        ];
        long rows = 0;
        long reasoning = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, columns: columns))
        {
            rows++;
            var key = keys.Joined(call);
            if (!groups.TryGetValue(key, out var group))
            {
                if (groups.Count == MaxGroups)
                    throw new ToolArgumentException("group_by", $"These dimensions make more than {MaxGroups} groups; group by fewer, or filter.");
                groups[key] = group = new ReasoningGroupSum();
            }

            group.Add(call, inquiry.Prices.Units(call), call.Tags.GetValueOrDefault(tag) ?? "");
            reasoning += call.OutReasoning > 0 ? 1 : 0;
            if (call.OutReasoning > 0)
                inquiry.Sample(call.EventId);
            if (rows % 10_000 == 0)
                inquiry.Request.Progress?.Report(rows);
        }

        var result = Result(inquiry, keys, groups, rows, reasoning);
        Explain(inquiry, result);
        return inquiry.Answer(
            result, ResultJson.Default.ReasoningShareResult, result.EffortIsLogged ? Grade.C : Grade.A, ["model_substitution", "output_limits", "pareto"]);
    }

    private static ReasoningShareResult Result(
        Inquiry inquiry, GroupKeys keys, Dictionary<string, ReasoningGroupSum> groups, long rows, long reasoning)
    {
        var wanted = inquiry.Arguments.Texts("features");
        var shown = groups.Where(pair => pair.Value.ReasoningTokens > 0)
            .Select(pair => pair.Value.Shown(keys.Named(pair.Key), inquiry.Arguments.Whole("min_requests"), inquiry.Totals.Days))
            .OrderByDescending(group => group.ReasoningUsd).ThenByDescending(group => group.ReasoningTokens).ToList();
        var counted = shown.Where(group => wanted.Count == 0 || wanted.Contains(group.Keys.GetValueOrDefault("feature") ?? "")).ToList();
        var usd = decimal.Round(groups.Values.Sum(group => group.ReasoningUsd), 9);
        return new ReasoningShareResult(
            rows, reasoning, groups.Values.Sum(group => group.ReasoningTokens), usd,
            inquiry.Totals.Effective.Value == 0 ? 0 : Figures.Share((double)(usd / inquiry.Totals.Effective.Dollars)),
            groups.Values.Any(group => group.HasEffort), counted.Sum(group => group.SavingUsd ?? 0), counted.Sum(group => group.SavingPerMonthUsd ?? 0),
            shown.Take(50).ToList());
    }

    private static void Explain(Inquiry inquiry, ReasoningShareResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Check(result.ReasoningUsd <= inquiry.Totals.Effective.Dollars + 0.00001m, "reasoning costs no more than the calls");
        if (result.ReasoningTokens == 0 && inquiry.Totals.Rows > 0)
            inquiry.Caveats.Add("No row reports reasoning tokens: either no model reasons, or the source counts reasoning as ordinary output.");
        if (!result.EffortIsLogged && result.ReasoningTokens > 0)
            inquiry.Caveats.Add(
                $"No call carries its effort (tag {inquiry.Arguments.FindText("effort_tag")}), so no saving can be told: log it, and send a share of "
                + "one feature's calls at low effort.");
        if (result.SavingUsd != 0)
        {
            inquiry.Assumptions.Add(
                "Calls at higher effort would have cost, on the output side, what calls of the same group at the cheapest effort with enough calls cost.");
            inquiry.Caveats.Add("Callers may choose low effort for easy questions; then the saving is overstated. Compare mean_quality, and split traffic by chance to be sure.");
        }
    }
}
