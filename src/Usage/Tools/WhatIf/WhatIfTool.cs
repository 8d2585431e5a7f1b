using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.RankActions;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>T41: what several changes would cost together, and what of the saving is due to each.</summary>
internal sealed class WhatIfTool() : LogTool(
    "what_if", "T41", "What several changes would save together, replayed call by call, and which part of the saving is due to each.",
    new ArgumentSpec("actions", ArgumentKind.Objects, ActionReader.Description, new JsonArray(), Max: JointReplay.MaxActions, ItemSchema: ActionReader.Schema()),
    new ArgumentSpec("envelopes", ArgumentKind.Objects,
        "Result envelopes of other tools, as they were returned: what they found is replayed too, with their own parameters, as far as single calls tell.", new JsonArray(), Max: 50))
{
    /// <summary>What every replay reads.</summary>
    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, .. UsageColumns.Pricing, UsageColumns.Status, UsageColumns.PromptHash, UsageColumns.Temperature,
        UsageColumns.ToolCallCount, UsageColumns.UserId, UsageColumns.BatchableHint, UsageColumns.DeadlineSeconds, UsageColumns.CostEffective,
    ];

    private static readonly IReadOnlyList<string> BlockColumns = [UsageColumns.PrefixBlockHashes, UsageColumns.BlockSize];

    private const decimal DaysPerMonth = 30;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var actions = ActionReader.Read(Asked(inquiry.Arguments), inquiry.Prices, inquiry.Request.Now);
        var replay = new JointReplay(actions, inquiry.Prices);
        await inquiry.EachAsync(
            ColumnsOf(actions),
            call =>
            {
                if (replay.Add(call))
                    inquiry.Sample(call.EventId);
            },
            cancellationToken);

        inquiry.Exclude("unpriced", replay.Unpriced);
        var days = inquiry.Totals.Days;
        var costs = replay.Costs(days / DaysPerMonth);
        var result = Result(actions, replay, costs, days);
        Explain(inquiry, actions, replay, costs, result);
        var grade = actions.Where((_, i) => replay.TouchedBy(i) > 0).Select(action => action.Grade).DefaultIfEmpty(Grade.B).Max();
        return inquiry.Answer(result, ResultJson.Default.WhatIfResult, grade, ["rank_actions", "savings_verification"]);
    }

    /// <summary>The actions named, and what the envelopes hold of other kinds; without either, what leaves models and answers as they are.</summary>
    private static IReadOnlyList<JsonElement> Asked(ToolArguments arguments)
    {
        var (named, envelopes) = (arguments.Objects("actions"), arguments.Objects("envelopes"));
        if (named.Count == 0 && envelopes.Count == 0)
            return ActionReader.Harmless();
        var kinds = named.Select(action => EnvelopeReader.Text(action, "kind")).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. named,
            .. FoundActions.Of(envelopes.Select(envelope => new EnvelopeReader(envelope))).Where(action => !kinds.Contains(EnvelopeReader.Text(action, "kind")))
                .Take(JointReplay.MaxActions - named.Count),
        ];
    }

    private static IReadOnlyList<string> ColumnsOf(IReadOnlyList<ReplayAction> actions) =>
    [
        .. Columns, .. actions.OfType<PromptCaching>().Any() ? BlockColumns : [],
        .. DimensionValue.Columns([.. actions.SelectMany(action => action.Looks).Distinct()]),
    ];

    private static WhatIfResult Result(IReadOnlyList<ReplayAction> actions, JointReplay replay, long[] costs, int days)
    {
        var shares = ShapleyShares.Of(costs);
        var all = costs.Length - 1;
        var saved = costs[0] - costs[^1];
        var parts = actions.Select((action, i) => new WhatIfPart(
            action.Id, action.Kind, action.Title, action.Step, replay.TouchedBy(i), Usd(shares[i]), Ratio(shares[i], costs[0]),
            Monthly(shares[i], days), Usd(costs[0] - costs[1 << i]), Usd(costs[all ^ (1 << i)] - costs[all]), action.Grade.ToString())).ToList();
        var alone = parts.Sum(part => part.AloneUsd);
        var isAnswered = replay.Calls > 0;
        return new WhatIfResult(
            isAnswered, isAnswered ? null : "No call in this window and under these filters has a known price, so there is no cost to change.",
            replay.Calls, days, costs.Length, Usd(costs[0]), Usd(costs[^1]), Usd(saved), Ratio(saved, costs[0]), Monthly(saved, days),
            Monthly(costs[0], days), Monthly(costs[^1], days), alone, alone - Usd(saved), parts, Cheapest(actions, costs, days));
    }

    private static CheapestChoice Cheapest(IReadOnlyList<ReplayAction> actions, long[] costs, int days)
    {
        var best = Enumerable.Range(0, costs.Length).OrderBy(choice => costs[choice]).ThenBy(choice => BitOperations.PopCount((uint)choice))
            .ThenBy(choice => choice).First();
        return new CheapestChoice(
            [.. actions.Where((_, i) => (best & (1 << i)) != 0).Select(action => action.Id)], Usd(costs[best]), Usd(costs[0] - costs[best]),
            Monthly(costs[0] - costs[best], days), best == costs.Length - 1);
    }

    private static void Explain(Inquiry inquiry, IReadOnlyList<ReplayAction> actions, JointReplay replay, long[] costs, WhatIfResult result)
    {
        inquiry.Check(costs[0] == inquiry.Totals.Effective.Value, "without any action the replay costs what the log costs, to the nano-dollar");
        inquiry.Check(result.Actions.Sum(part => part.PartUsd) == result.SavingUsd, "the parts sum to the joint saving, to the nano-dollar");
        inquiry.ExplainPrices();
        inquiry.Assumptions.AddRange(actions.Where((_, i) => replay.TouchedBy(i) > 0).Select(action => action.Assumption).OfType<string>().Distinct());
        inquiry.Assumptions.Add(
            "The actions are replayed in the order drop, response cache, trim, model, prompt cache, cap, tier, commitment; each one's part is "
            + "the mean of what it adds over all orders of choosing (Shapley), so parts sum to the whole.");
        for (var i = 0; i < actions.Count; i++)
            if (replay.TouchedBy(i) == 0)
                inquiry.Caveats.Add($"{actions[i].Id} changes no call: {WhyNothing(actions[i])}");
        if (replay.UnpricedForms > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Changed forms of calls without a known price: {replay.UnpricedForms:N0}; those calls were left as they are."));
        if (result is { OverlapUsd: > 0 })
            inquiry.Caveats.Add("Savings of single actions overlap; only the joint saving and its parts may be added.");
        if (actions.Count == 0)
            inquiry.Caveats.Add("No finding given holds a change that would save anything, so nothing was replayed.");
        else if (!result.Cheapest.IsAll)
            inquiry.Caveats.Add(result.Cheapest.Ids.Count == 0
                ? "None of these actions saves anything; the log as it is costs least."
                : $"Not all of them together cost least, but {string.Join(", ", result.Cheapest.Ids)}.");
    }

    private static string WhyNothing(ReplayAction action) => action switch
    {
        DropWaste => "none failed, and none is recorded twice.",
        ExactCache => "no prompt hash came again within the lifetime, or none is logged.",
        PromptCaching => "no prompt began like one before it within the lifetime, or no hashes of prompt blocks are logged.",
        ShiftTier => "none is marked as able to wait, or all are in that tier.",
        SwitchModel => "none uses that model.",
        StopCaching => "none of these calls shows a cache.",
        _ => "none is beyond the limit or under the filter.",
    };

    private static decimal Usd(long nano) => new NanoDollars(nano).Dollars;

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : Math.Round((double)part / whole, 6);

    private static decimal Monthly(long nano, int days) => days == 0 ? 0 : decimal.Round(Usd(nano) / days * DaysPerMonth, 9);
}
