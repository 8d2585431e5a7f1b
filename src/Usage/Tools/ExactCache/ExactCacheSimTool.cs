using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ExactCache;

/// <summary>T20: what a cache of whole answers would have served when the same question came again word for word.</summary>
internal sealed class ExactCacheSimTool() : LogTool(
    "exact_cache_sim", "T20", "How many calls asked for an answer that was already there word for word, and what a cache of answers would have saved.",
    ArgumentSpec.Number("capacity_entries", "Answers the cache holds; 0: without limit.", 10_000, 0, 1e9),
    ArgumentSpec.Number("ttl_minutes", "How long an answer may be served again; 0: for ever.", 1_440, 0, 5_256_000),
    ArgumentSpec.Choice("renews", "on_write: the lifetime counts from when the answer was stored; on_use: each hit renews it.", "on_write", "on_write", "on_use"),
    ArgumentSpec.Choice("scope", "tenant: all users share answers; user: nobody is served another's answer.", "tenant", "tenant", "user"),
    ArgumentSpec.Choice("temperature", "zero: only calls with temperature 0; any: repeated answers are accepted whatever the temperature.", "zero", "zero", "any"),
    ArgumentSpec.Number("store_usd_per_month", "What the store costs a month, in US dollars.", 0, 0, 1_000_000),
    ArgumentSpec.Number("lookup_ms", "How long a look-up takes, in milliseconds.", 5, 0, 60_000),
    new ArgumentSpec("capacity_grid_entries", ArgumentKind.Numbers, "Capacities of the curve; 0: without limit. Default 100, 1,000, 10,000, 100,000, 0.", Max: 8),
    new ArgumentSpec("ttl_grid_minutes", ArgumentKind.Numbers, "Lifetimes of the curve; 0: for ever. Default 5, 60, 1,440, 10,080, 0.", Max: 8))
{
    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.Operation, .. UsageColumns.Model, UsageColumns.PromptHash, UsageColumns.SystemHash, UsageColumns.ToolsHash,
        UsageColumns.ToolCallCount, UsageColumns.Temperature, UsageColumns.TopP, UsageColumns.Seed, UsageColumns.MaxOutputRequested,
        UsageColumns.ChoiceCount, UsageColumns.UserId, UsageColumns.Status, UsageColumns.Feature, UsageColumns.EndedAt, UsageColumns.CostEffective,
        UsageColumns.OutVisible, UsageColumns.OutReasoning, UsageColumns.OutAudio,
    ];

    protected override string Version => "2";

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var policy = Policy(inquiry.Arguments);
        var simulation = new AnswerSimulation(inquiry, policy);
        await inquiry.EachAsync(Columns, simulation.Add, cancellationToken, wherePresent: UsageColumns.PromptHash);
        inquiry.Exclude(AnswerKey.NoPromptHash, inquiry.Totals.Rows - simulation.Read);
        foreach (var (reason, rows) in simulation.Refused)
            inquiry.Exclude(reason, rows);
        var result = simulation.Result();
        if (result.EligibleRequests == 0)
            return Refuse(inquiry, result, simulation);

        Explain(inquiry, simulation, result);
        var intervals = new Dictionary<string, Interval>();
        if (simulation.Daily.PerMonthInterval() is { } interval)
            intervals["/saving_per_month_usd"] = new Interval(
                interval.Low - (double)policy.StoreUsdPerMonth, interval.High - (double)policy.StoreUsdPerMonth);
        return inquiry.Answer(
            result, ResultJson.Default.ExactCacheResult, policy.Temperature == "any" ? Grade.C : Grade.B,
            ["near_duplicate", "prefix_cache_sim", "rank_actions"], Figures.Share(simulation.Read, inquiry.Totals.Rows),
            rowsUsed: result.EligibleRequests, ci95: intervals);
    }

    private static AnswerPolicy Policy(ToolArguments arguments)
    {
        var ttl = arguments.Number("ttl_minutes");
        return new AnswerPolicy(
            ReplayGrid.Limit(arguments.Number("capacity_entries")), ttl == 0 ? null : ttl, arguments.Choice("renews"), arguments.Choice("scope"),
            arguments.Choice("temperature"), (decimal)arguments.Number("store_usd_per_month"), arguments.Number("lookup_ms"));
    }

    private static ResultEnvelope Refuse(Inquiry inquiry, ExactCacheResult result, AnswerSimulation simulation)
    {
        var reason = simulation.Read == 0
            ? "No row carries prompt_hash, a salted hash of the whole prompt. Log it and ask again; no text is needed."
            : "No call may be served from a cache: "
              + string.Join(", ", simulation.Refused.OrderByDescending(pair => pair.Value).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value:N0} {pair.Key}")))
              + ". Where repeated answers are welcome whatever the temperature, ask with temperature \"any\".";
        return inquiry.Answer(
            result with { Answered = false, Reason = reason, Curve = [], SavingPerMonthUsd = 0 }, ResultJson.Default.ExactCacheResult, Grade.D,
            ["sufficiency", "data_quality"], 0, needsPrices: false, rowsUsed: 0);
    }

    private static void Explain(Inquiry inquiry, AnswerSimulation simulation, ExactCacheResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Assumptions.Add(
            "Two calls ask for the same answer when operation, model, prompt hash, system and tools hash, temperature, top_p, seed, "
            + "output limit and number of choices agree" + (result.Policy.Scope == "user" ? ", and the user." : "."));
        inquiry.Assumptions.Add("prompt_hash covers everything else that shapes the answer, such as the response format.");
        if (result.Policy.Temperature == "any")
            inquiry.Assumptions.Add("Callers accept a repeated answer where the model might have answered otherwise.");
        inquiry.Check(
            result.Hits + result.DistinctKeys <= result.EligibleRequests, "hits and first requests are no more than the eligible requests");
        inquiry.Check(result.Features.Sum(feature => feature.Hits) == result.Hits || result.Features.Count == 20, "the features' hits sum to the hits");
        if (result.Policy.Renews == "on_use")
            inquiry.Check(simulation.CurveRises(), "hits never fall with more room or a longer life");
        if (result.Policy.Scope == "tenant")
            inquiry.Caveats.Add("One user's answer is served to another here; ask with scope \"user\" where answers hold personal data.");
        if (!simulation.TracksEveryPrompt)
            inquiry.Caveats.Add("top_prompts looks at the first 50,000 distinct prompts alone.");
        if (simulation.ForgottenKeys > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"More than {AnswerReplay.DefaultMaxKeys:N0} answers were alive; the {simulation.ForgottenKeys:N0} least recent were forgotten, so hits without limit are a lower bound."));
        if (result.UnpricedHits > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture, $"Hits without a known cost, counted as no saving: {result.UnpricedHits:N0}."));
        if (result.Days < Grading.DaysNeeded)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture, $"saving_per_month_usd scales {result.Days} calendar days up to 30: an illustration, not a forecast."));
    }
}
