namespace Apex.Agents.Planning;

/// <summary>Which sub-agent an analysis belongs to.</summary>
internal enum Stage
{
    Data,
    Optimization,
    Actions,
}

/// <param name="Number">Of docs/analytics.md.</param>
/// <param name="Answers">What it tells, to complete "… is not available yet".</param>
internal sealed record Analysis(string Number, string Tool, Stage Stage, string Answers);

/// <summary>Every analysis the catalogue of docs/analytics.md names, whether this version has its tool or not.</summary>
internal static class AnalysisCatalogue
{
    public static IReadOnlyList<Analysis> All { get; } =
    [
        new("T01", ToolNames.DataQuality, Stage.Data, "how good the data is"),
        new("T02", ToolNames.CostReconcile, Stage.Data, "whether recorded costs agree with list prices"),
        new("T03", ToolNames.CostBreakdown, Stage.Data, "what was spent, on what"),
        new("T04", "cost_drivers", Stage.Data, "which effects made the cost change between two periods"),
        new("T05", "unit_economics", Stage.Data, "cost per user, session or outcome"),
        new("T06", "concentration", Stage.Data, "how concentrated the spend is"),
        new("T07", "price_lint", Stage.Data, "errors in the price list itself"),
        new("T08", "focus_export", Stage.Data, "a bill in the FOCUS form"),
        new("T09", "spend_forecast", Stage.Data, "a forecast of spend"),
        new("T10", "budget_burn", Stage.Data, "whether a budget will hold"),
        new("T11", ToolNames.CostAnomaly, Stage.Data, "days and calls that stand out"),
        new("T12", "change_points", Stage.Data, "when the level of cost changed"),
        new("T13", "deprecation_exposure", Stage.Data, "what is spent on models about to be retired"),
        new("T14", ToolNames.TokenDistribution, Stage.Data, "how tokens are distributed"),
        new("T15", "oversized_context", Stage.Optimization, "what oversized prompts cost"),
        new("T16", "conversation_growth", Stage.Optimization, "what resending conversations costs"),
        new("T17", "output_limits", Stage.Optimization, "what output limits would save"),
        new("T18", "reasoning_share", Stage.Optimization, "what reasoning costs"),
        new("T19", "fixed_overhead", Stage.Optimization, "what system prompts and tool definitions cost"),
        new("T20", "exact_cache_sim", Stage.Optimization, "what a response cache would save"),
        new("T21", "near_duplicate", Stage.Optimization, "near-duplicate requests"),
        new("T22", ToolNames.PrefixCacheSim, Stage.Optimization, "what prompt caching would save"),
        new("T23", "cache_ttl_advisor", Stage.Optimization, "which cache lifetime pays"),
        new("T24", "cache_effectiveness", Stage.Optimization, "how well today's prompt caching works"),
        new("T25", "idle_counterfactual", Stage.Optimization, "what pauses cost because caches expire"),
        new("T26", "model_substitution", Stage.Optimization, "which calls a cheaper model could take"),
        new("T27", "routing_sim", Stage.Optimization, "what routing between two models would save"),
        new("T28", ToolNames.Pareto, Stage.Optimization, "which models are not beaten on cost and quality"),
        new("T29", "provider_compare", Stage.Optimization, "what other providers of a model would cost"),
        new("T30", "batchable_share", Stage.Optimization, "which calls could wait for batch prices"),
        new("T31", "tier_shift", Stage.Optimization, "what other service tiers would cost"),
        new("T32", "burstiness", Stage.Optimization, "how bursty the load is"),
        new("T33", "rate_limit_headroom", Stage.Optimization, "the headroom under rate limits"),
        new("T34", "provisioned_break_even", Stage.Optimization, "when provisioned capacity pays"),
        new("T35", "self_host_break_even", Stage.Optimization, "when hosting a model oneself pays"),
        new("T36", "latency_profile", Stage.Data, "a latency profile"),
        new("T37", "latency_drivers", Stage.Data, "what makes calls slow"),
        new("T38", "retry_waste", Stage.Optimization, "what retries waste"),
        new("T39", "empty_output", Stage.Data, "what is paid for empty answers"),
        new("T40", "slo_goodput", Stage.Data, "the share of calls that meet a service level"),
        new("T41", ToolNames.WhatIf, Stage.Optimization, "a joint replay of several changes"),
        new("T42", ToolNames.SavingsVerification, Stage.Optimization, "whether a change saved what it promised"),
        new("T43", ToolNames.RankActions, Stage.Actions, "actions ranked by what they save"),
    ];

    /// <summary>Null when the catalogue names no such tool.</summary>
    public static Analysis? OfTool(string tool) => All.FirstOrDefault(one => one.Tool == tool);

    private static readonly Dictionary<string, Analysis> ByNumber = All.ToDictionary(one => one.Number);

    /// <summary>The chain of each intent, in reading order.</summary>
    public static IReadOnlyList<Analysis> ChainOf(Intent intent) => [.. Numbers(intent).Select(number => ByNumber[number])];

    /// <summary>The analyses without which the intent is not answered; one of them is enough.</summary>
    public static IReadOnlyList<Analysis> MainOf(Intent intent) => [.. MainNumbers(intent).Select(number => ByNumber[number])];

    private static string[] MainNumbers(Intent intent) => intent switch
    {
        Intent.Help or Intent.Tool => [],
        Intent.Anomaly => ["T02", "T11"],
        Intent.Trust => ["T02"],
        Intent.DataQuality => ["T01"],
        Intent.Tokens or Intent.Context => ["T14"],
        Intent.Caching => ["T22", "T24"],
        Intent.ModelChoice => ["T28", "T26"],
        Intent.WhatIf => ["T41"],
        Intent.Repeats => ["T38", "T20"],
        Intent.Batch => ["T30"],
        Intent.Capacity => ["T33", "T34"],
        Intent.Latency => ["T36"],
        Intent.Budget => ["T09", "T10"],
        Intent.Verify => ["T42"],
        Intent.WhyUp => ["T04", "T12"],
        _ => ["T03"],
    };

    private static string[] Numbers(Intent intent) => intent switch
    {
        Intent.Overview => ["T01", "T03", "T09", "T11", "T02", "T43"],
        Intent.Spend or Intent.SpendOverTime => ["T03", "T01"],
        Intent.Who => ["T03", "T01", "T05", "T06"],
        Intent.Anomaly => ["T01", "T02", "T11", "T03"],
        Intent.Trust => ["T01", "T02", "T03", "T07"],
        Intent.DataQuality => ["T01"],
        Intent.Tokens => ["T14"],
        Intent.Context => ["T14", "T15", "T16", "T19", "T17"],
        Intent.Caching => ["T03", "T22", "T24", "T23"],
        Intent.ModelChoice => ["T03", "T14", "T28", "T26", "T27", "T41"],
        Intent.Reduce => ["T01", "T03", "T14", "T22", "T28", "T24", "T20", "T30", "T26", "T38", "T41", "T43"],
        Intent.WhyUp => ["T01", "T03", "T11", "T04", "T12"],
        Intent.WhatIf => ["T03", "T02", "T41"],
        Intent.Repeats => ["T01", "T03", "T38", "T20", "T21"],
        Intent.Batch => ["T03", "T30", "T31"],
        Intent.Capacity => ["T03", "T14", "T32", "T33", "T34"],
        Intent.Latency => ["T01", "T36", "T37", "T40"],
        Intent.Budget => ["T03", "T09", "T10"],
        Intent.Verify => ["T03", "T42"],
        // What we do not recognise is answered with an overview that says so.
        Intent.Unknown => ["T03", "T01", "T11"],
        _ => [],
    };
}

/// <summary>Names of the tools the built-in agents call.</summary>
internal static class ToolNames
{
    public const string DataQuality = "data_quality";
    public const string CostReconcile = "cost_reconcile";
    public const string CostBreakdown = "cost_breakdown";
    public const string CostAnomaly = "cost_anomaly";
    public const string TokenDistribution = "token_distribution";
    public const string PrefixCacheSim = "prefix_cache_sim";
    public const string Pareto = "pareto";
    public const string WhatIf = "what_if";
    public const string SavingsVerification = "savings_verification";
    public const string RankActions = "rank_actions";
    public const string Sufficiency = "sufficiency";
}
