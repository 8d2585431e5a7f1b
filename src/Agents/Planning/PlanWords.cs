using System.Globalization;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>Says in plain words how a question was understood.</summary>
internal static class PlanWords
{
    public static string Category(Intent intent) => intent switch
    {
        Intent.Unknown or Intent.Help => "conversation",
        Intent.Overview => "overview",
        Intent.Spend or Intent.SpendOverTime or Intent.Who => "spend",
        Intent.Anomaly or Intent.WhyUp => "anomaly",
        Intent.Trust or Intent.DataQuality => "trust",
        Intent.Budget => "budget",
        Intent.Latency => "latency",
        Intent.Capacity => "capacity",
        Intent.Tokens or Intent.Context => "tokens",
        _ => "optimization",
    };

    public static string Topic(Intent intent) => intent switch
    {
        Intent.Overview => "an overview of the spend",
        Intent.Spend => "what is spent",
        Intent.SpendOverTime => "how the spend runs over time",
        Intent.Who => "what and who costs most",
        Intent.Anomaly => "whether anything is wrong",
        Intent.Trust => "whether the figures can be trusted",
        Intent.DataQuality => "how good the data is",
        Intent.Tokens => "how tokens are distributed",
        Intent.Context => "whether prompts are too long",
        Intent.Caching => "whether prompt caching pays",
        Intent.ModelChoice => "which model is worth its price",
        Intent.Reduce => "where money can be saved",
        Intent.WhyUp => "why the cost changed",
        Intent.WhatIf => "what a change would cost",
        Intent.Repeats => "whether work is paid for twice",
        Intent.Batch => "what could wait for batch prices",
        Intent.Capacity => "capacity and limits",
        Intent.Latency => "how fast the calls are",
        Intent.Budget => "whether a budget will hold",
        Intent.Verify => "whether a change worked",
        Intent.Help => "what can be asked",
        Intent.Tool => "what single analyses find",
        _ => "something I do not recognise",
    };

    public static string Understood(Plan plan) =>
        $"{(plan.FollowsUp ? "Going on from the question before: " : "The question is ")}{Topics(plan)}{Scope(plan.Slots)}.";

    /// <summary>The topics and scope without a lead-in, for titles.</summary>
    public static string Title(Plan plan)
    {
        var text = (plan.Intents is [Intent.Unknown] ? Topic(Intent.Overview) : Topics(plan)) + Scope(plan.Slots);
        return string.Concat(text[..1].ToUpperInvariant(), text.AsSpan(1));
    }

    public static string Summary(TriageVerdict verdict)
    {
        if (verdict.Plan is not { } plan)
            return verdict.Refusal ?? "";
        var data = verdict.Log switch
        {
            null when verdict.Imports.Count > 0 => "No row of what is being imported is stored yet.",
            null => "The usage log is empty.",
            { RowsInScope: 0 } => "The log holds no rows in that scope.",
            { } log => string.Create(CultureInfo.InvariantCulture, $"{log.RowsInScope:N0} of {log.Rows:N0} rows are in scope."),
        };
        return $"{Understood(plan)} {data}";
    }

    public static string Of(Dimension dimension) => dimension switch
    {
        Dimension.ApiKey => "API key",
        Dimension.ServiceTier => "service tier",
        Dimension.EndUser => "end user",
        _ => dimension.ToString().ToLowerInvariant(),
    };

    private static string Topics(Plan plan) => string.Join(", and ", plan.Intents.Select(Topic));

    private static string Scope(PlanSlots slots)
    {
        var by = slots.GroupBy.Count > 0 ? " by " + string.Join(" and ", slots.GroupBy.Select(Of)) : "";
        var each = slots.Grain is { } grain ? $", {Of(grain)} by {Of(grain)}" : "";
        var only = string.Concat(slots.Filters.Select(filter =>
            $", {(filter.Exclude ? "without" : "only")} {filter.Said}"));
        var when = slots.Period is { } period ? $", {period.Said}" : "";
        var change = slots.ChangeDate is { } day ? $", the change of {day.UtcDateTime:yyyy-MM-dd}" : "";
        return by + each + only + when + change;
    }
}
