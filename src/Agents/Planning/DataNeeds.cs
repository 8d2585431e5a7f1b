using Apex.Agents.Tools;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>Which columns the analyses of a plan rest on, and how much of what the plan needs a log holds.</summary>
internal static class DataNeeds
{
    private const double LeastCoverage = 0.05;
    private const double MainWeight = 3;
    private const double SideWeight = 0.5;

    /// <summary>What a plan is worth whose central analysis does not exist yet: its surroundings can be shown.</summary>
    private const double WithoutMain = 0.5;

    public static IReadOnlyList<DataNeed> Of(IReadOnlyList<Analysis> chain, LogProfile log) =>
    [
        .. from analysis in chain
           let column = ColumnOf(analysis.Number)
           where column is not null
           let coverage = log.Coverage(column)
           select new DataNeed(analysis.Number, analysis.Tool, column, Math.Round(coverage, 4), coverage >= LeastCoverage),
    ];

    public static double Completeness(Plan plan, LogProfile log, long rowsInScope, ToolCatalogue tools)
    {
        if (rowsInScope == 0 || plan.Intents.Count == 0)
            return 0;
        return Math.Round(plan.Intents.Average(intent => Completeness(intent, log, tools)), 3);
    }

    private static double Completeness(Intent intent, LogProfile log, ToolCatalogue tools)
    {
        var main = MainOf(intent);
        var chain = AnalysisCatalogue.ChainOf(intent).Where(one => tools.Has(one.Tool)).ToArray();
        if (chain.Length == 0)
            return WithoutMain;

        double held = 0, whole = 0;
        foreach (var analysis in chain)
        {
            var weight = main.Contains(analysis.Number) ? MainWeight : SideWeight;
            whole += weight;
            if (ColumnOf(analysis.Number) is not { } column || log.Coverage(column) >= LeastCoverage)
                held += weight;
        }

        var completeness = held / whole;
        return chain.Any(one => main.Contains(one.Number)) ? completeness : Math.Min(completeness, WithoutMain);
    }

    /// <summary>The analyses without which the question is not answered; one of them is enough.</summary>
    private static string[] MainOf(Intent intent) => intent switch
    {
        Intent.Anomaly => ["T01", "T02", "T11"],
        Intent.Trust => ["T02"],
        Intent.DataQuality => ["T01"],
        Intent.Tokens or Intent.Context => ["T14"],
        Intent.Caching => ["T22", "T24"],
        Intent.ModelChoice => ["T28", "T26"],
        Intent.WhyUp => ["T03", "T04"],
        Intent.WhatIf => ["T41"],
        Intent.Repeats => ["T38", "T20"],
        Intent.Batch => ["T30"],
        Intent.Capacity => ["T33", "T34"],
        Intent.Latency => ["T36"],
        Intent.Budget => ["T09", "T10"],
        Intent.Verify => ["T42"],
        _ => ["T03"],
    };

    private static string? ColumnOf(string number) => number switch
    {
        "T02" => UsageColumns.CostRecorded,
        "T16" => UsageColumns.ConversationId,
        "T20" or "T21" or "T38" => UsageColumns.PromptHash,
        "T22" => UsageColumns.PrefixBlockHashes,
        "T26" or "T27" or "T42" => UsageColumns.QualityScore,
        "T36" or "T37" or "T40" => UsageColumns.EndedAt,
        _ => null,
    };
}
