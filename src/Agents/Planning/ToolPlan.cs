using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Agents.ChatModels;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>A tool call with the part it plays in the answer.</summary>
internal sealed record PlannedCall(string Role, string Tool, JsonElement Arguments);

/// <summary>Parts calls play in an answer, by which the report finds them.</summary>
internal static class Roles
{
    public const string Breakdown = "breakdown";
    public const string Series = "series";
    public const string SeriesOther = "series_other";
    public const string Quality = "quality";
    public const string Reconcile = "reconcile";
    public const string Anomaly = "anomaly";
    public const string Tokens = "tokens";
    public const string PrefixCache = "prefix_cache";
    public const string Pareto = "pareto";
    public const string Actions = "actions";
    public const string Sufficiency = "sufficiency";
}

/// <summary>Turns a plan into tool calls. The same plan makes the same calls.</summary>
internal static class ToolPlan
{
    public const int PivotColumns = 5;

    /// <summary>Entries of a breakdown; the tool sums the rest, so that "other" is a figure too.</summary>
    private const int BreakdownRows = 12;

    private const int SeriesLimit = 2_000;

    /// <summary>The calls of a stage; tools that do not exist are left out, and told of elsewhere.</summary>
    public static IReadOnlyList<PlannedCall> For(Stage stage, Plan plan, LogSummary log, ToolCatalogue tools) =>
    [
        .. plan.Intents.SelectMany(AnalysisCatalogue.ChainOf).Where(one => one.Stage == stage)
            .Concat(stage == Stage.Data && plan.Wants(Intent.Tool) ? plan.Slots.Tools.Select(AnalysisCatalogue.OfTool).OfType<Analysis>() : [])
            .DistinctBy(one => one.Number).Where(one => one.Tool != ToolNames.WhatIf || !ReplaysFindings(plan))
            .SelectMany(one => Calls(one, plan, log)).Where(call => tools.Has(call.Tool)),
    ];

    /// <summary>Which findings a joint replay can take up; call by call, under the parameters they were found with.</summary>
    private static readonly string[] Replayable =
        ["retry_waste", "exact_cache_sim", "model_substitution", "cache_effectiveness", ToolNames.PrefixCacheSim, "batchable_share"];

    /// <summary>
    /// A question how to save has what its own analyses found replayed together, so it is asked after them. Where a change is named, or
    /// nothing was looked for, the replay is one of the analyses.
    /// </summary>
    public static IReadOnlyList<PlannedCall> Replay(Plan plan, IReadOnlyList<ToolCallResult> made, ToolCatalogue tools)
    {
        var found = made.Where(call => call.Result is not null && Replayable.Contains(call.ToolName)).ToArray();
        if (!ReplaysFindings(plan) || found.Length == 0 || !tools.Has(ToolNames.WhatIf))
            return [];
        var arguments = Scope(plan);
        arguments["envelopes"] = References(found);
        return [new PlannedCall(ToolNames.WhatIf, ToolNames.WhatIf, ToElement(arguments))];
    }

    private static bool ReplaysFindings(Plan plan) => plan.Slots.Target is null && plan.WantsAny(Intent.Reduce, Intent.ModelChoice);

    private static JsonArray References(IReadOnlyList<ToolCallResult> calls) =>
        [.. calls.Select(call => (JsonNode)ResultReference.To(call.ToolCallId))];

    /// <summary>Whether the log suffices for each of the plan's intents.</summary>
    public static IReadOnlyList<PlannedCall> Sufficiency(Plan plan, ToolCatalogue tools)
    {
        if (!tools.Has(ToolNames.Sufficiency))
            return [];
        return
        [
            .. plan.Intents.Select(KindOf).OfType<string>().Distinct().Select(kind =>
            {
                var arguments = Scope(plan);
                arguments["intent"] = kind;
                return new PlannedCall(Roles.Sufficiency, ToolNames.Sufficiency, ToElement(arguments));
            }),
        ];
    }

    /// <summary>Actions out of the envelopes of other calls, which are named, not copied.</summary>
    public static PlannedCall RankActions(IReadOnlyList<ToolCallResult> calls, int limit) => new(
        Roles.Actions, ToolNames.RankActions,
        ToElement(new JsonObject
        {
            ["envelopes"] = References(calls),
            ["limit"] = limit,
        }));

    /// <summary>What the columns of a pivot table leave over, summed by the tool so that every figure has its envelope.</summary>
    public static PlannedCall SeriesWithout(Plan plan, LogSummary log, Dimension dimension, IReadOnlyList<string> shown)
    {
        var arguments = Scope(plan);
        arguments["group_by"] = new JsonArray(NameOf(GrainOf(plan, log)));
        arguments["order_by"] = "time";
        arguments["limit"] = SeriesLimit;
        AddFilter(arguments, NameOf(dimension), "not_in", shown);
        return new PlannedCall(Roles.SeriesOther, ToolNames.CostBreakdown, ToElement(arguments));
    }

    /// <summary>The dimension a series is split by, and a breakdown made by, unless the question says otherwise.</summary>
    public static Dimension SplitOf(Plan plan) => plan.Slots.GroupBy.FirstOrDefault(Dimension.Model);

    public static Dimension GrainOf(Plan plan, LogSummary log)
    {
        if (plan.Slots.Grain is { } asked)
            return asked;
        var days = plan.Slots.Period is { } period ? (period.To - period.From).TotalDays : (log.Last - log.First).TotalDays;
        return days switch
        {
            <= 2 => Dimension.Hour,
            <= 45 => Dimension.Day,
            <= 200 => Dimension.Week,
            _ => Dimension.Month,
        };
    }

    public static string NameOf(Dimension dimension) => JsonNamingPolicy.SnakeCaseLower.ConvertName(dimension.ToString());

    /// <summary>Window and filters of the question as tool arguments.</summary>
    public static JsonObject Scope(Plan plan)
    {
        var arguments = new JsonObject();
        if (plan.Slots.Period is { } period)
            arguments["window"] = new JsonObject { ["from"] = Rfc3339(period.From), ["to"] = Rfc3339(period.To) };
        foreach (var filter in plan.Slots.Filters)
            AddFilter(arguments, NameOf(filter.Dimension), filter.Exclude ? "not_in" : "in", filter.Values);
        if (plan.Slots.WithoutOwnCalls)
            AddFilter(arguments, NameOf(Dimension.Source), "not_in", [OwnCalls.Source]);
        return arguments;
    }

    public static JsonElement ToElement(JsonNode arguments) =>
        JsonSerializer.SerializeToElement(arguments, AgentsJson.Default.JsonNode);

    /// <summary>The kind of question as <c>sufficiency</c> names it; null where sums over whatever rows there are do answer it.</summary>
    private static string? KindOf(Intent intent) => intent switch
    {
        Intent.Help or Intent.Spend or Intent.SpendOverTime or Intent.Who or Intent.Tokens or Intent.DataQuality or Intent.Tool => null,
        Intent.Anomaly => "anomaly",
        Intent.Trust => "trust",
        Intent.Caching => "caching",
        Intent.ModelChoice => "cheaper_model",
        Intent.Reduce => "reduce",
        Intent.WhyUp => "why_up",
        Intent.WhatIf => "what_if",
        Intent.Repeats => "repeats",
        Intent.Batch => "batch",
        Intent.Capacity => "capacity",
        Intent.Latency => "latency",
        Intent.Budget => "budget",
        Intent.Verify => "did_it_work",
        _ => "overview",
    };

    private static IEnumerable<PlannedCall> Calls(Analysis analysis, Plan plan, LogSummary log) => analysis.Number switch
    {
        "T01" => [new(Roles.Quality, analysis.Tool, ToElement(Scope(plan)))],
        "T02" => [new(Roles.Reconcile, analysis.Tool, ToElement(Scope(plan)))],
        "T03" => Breakdowns(plan, log),
        "T11" => [new(Roles.Anomaly, analysis.Tool, ToElement(Scope(plan)))],
        "T14" => [new(Roles.Tokens, analysis.Tool, ToElement(Grouped(plan)))],
        "T22" => [new(Roles.PrefixCache, analysis.Tool, ToElement(Scope(plan)))],
        "T28" => [new(Roles.Pareto, analysis.Tool, ToElement(Scope(plan)))],
        "T09" => [new(analysis.Tool, analysis.Tool, ToElement(Past(plan, log)))],
        "T10" => [new(analysis.Tool, analysis.Tool, ToElement(Budget(plan, log)))],
        "T41" => [new(analysis.Tool, analysis.Tool, ToElement(Change(plan)))],
        "T42" => [new(analysis.Tool, analysis.Tool, ToElement(Verification(plan)))],
        // Actions are ranked out of what the others find, by the agent whose work that is.
        "T43" => [],
        _ => [new(analysis.Tool, analysis.Tool, ToElement(Scope(plan)))],
    };

    /// <summary>What is to come rests on all that was before, so the period asked about is where the past ends and not where it begins.</summary>
    private static JsonObject Past(Plan plan, LogSummary log)
    {
        var arguments = Scope(plan);
        if (plan.Slots.Period is not { } period)
            return arguments;
        if (period.To > log.Last)
            arguments.Remove("window");
        else
            arguments["window"] = new JsonObject { ["from"] = Rfc3339(period.From < log.First ? period.From : log.First), ["to"] = Rfc3339(period.To) };
        return arguments;
    }

    private static JsonObject Budget(Plan plan, LogSummary log)
    {
        var arguments = Past(plan, log);
        if (plan.Slots.Period is { } period && KindOf(period) is { } kind)
            arguments["period"] = kind;
        if (plan.Slots.Amount is { } amount && plan.Wants(Intent.Budget))
            arguments["budget_usd"] = amount;
        return arguments;
    }

    /// <summary>The calendar span a budget is for; null where the period is none, and the tool's own choice holds.</summary>
    private static string? KindOf(Period period) => (period.To - period.From).TotalDays switch
    {
        7 => "week",
        >= 28 and <= 31 => "month",
        >= 89 and <= 92 => "quarter",
        365 or 366 => "year",
        _ => null,
    };

    /// <summary>The change asked for; where none is named, the tool's own choice, which leaves models and answers as they are.</summary>
    private static JsonObject Change(Plan plan)
    {
        var arguments = Scope(plan);
        if (plan.Slots.Target is { } target)
            arguments["actions"] = new JsonArray(new JsonObject { ["kind"] = "switch_model", ["to"] = target });
        return arguments;
    }

    /// <summary>Where no day is named the tool asks for it.</summary>
    private static JsonObject Verification(Plan plan)
    {
        var arguments = Scope(plan);
        if (plan.Slots.ChangeDate is { } change)
            arguments["change_date"] = change.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return arguments;
    }

    private static JsonObject Grouped(Plan plan)
    {
        var arguments = Scope(plan);
        if (plan.Slots.GroupBy.Count > 0)
            arguments["group_by"] = new JsonArray([.. plan.Slots.GroupBy.Select(one => (JsonNode)NameOf(one))]);
        return arguments;
    }

    private static IEnumerable<PlannedCall> Breakdowns(Plan plan, LogSummary log)
    {
        if (plan.WantsAny(Intent.SpendOverTime, Intent.Overview, Intent.Unknown, Intent.WhyUp, Intent.Budget, Intent.Verify))
        {
            var series = Scope(plan);
            series["group_by"] = new JsonArray(NameOf(GrainOf(plan, log)), NameOf(SplitOf(plan)));
            series["order_by"] = "time";
            series["limit"] = SeriesLimit;
            yield return new PlannedCall(Roles.Series, ToolNames.CostBreakdown, ToElement(series));
        }

        if (plan.Intents is [Intent.SpendOverTime])
            yield break;
        var breakdown = Scope(plan);
        breakdown["group_by"] = new JsonArray([.. (plan.Slots.GroupBy.Count > 0 ? plan.Slots.GroupBy : [Dimension.Model]).Select(one => (JsonNode)NameOf(one))]);
        breakdown["limit"] = plan.Slots.Top ?? BreakdownRows;
        yield return new PlannedCall(Roles.Breakdown, ToolNames.CostBreakdown, ToElement(breakdown));
    }

    private static void AddFilter(JsonObject arguments, string dimension, string test, IReadOnlyList<string> values)
    {
        var filters = arguments["filters"]?.AsArray() ?? [];
        filters.Add((JsonNode)new JsonObject
        {
            ["dimension"] = dimension,
            ["operator"] = test,
            ["values"] = new JsonArray([.. values.Select(value => (JsonNode)value)]),
        });
        arguments["filters"] = filters;
    }

    private static string Rfc3339(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
