using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting;

/// <summary>Which analyses a report asks for: those the log has the fields for.</summary>
internal static class ReportPlan
{
    private const int DaysShownAsDays = 45;
    private const int DaysShownAsWeeks = 183;
    private const double EnoughCoverage = 0.05;

    /// <summary>Fields worth a table of their own, with the role and the dimension of each.</summary>
    private static readonly (string Field, string Role, string Dimension)[] Splits =
        [("feature", "features", "feature"), ("team_id", "teams", "team"), ("user_id", "users", "user"), ("provider", "providers", "provider")];

    public static IReadOnlyList<ReportStep> Steps(ResultEnvelope quality)
    {
        var steps = new List<ReportStep>
        {
            Breakdown("time", 5_000, GrainOf(quality.Result), "model"),
            Breakdown("months", 1_000, "month"),
            Breakdown("models", 12, "model"),
            Breakdown("sources", 20, "source"),
            new("reconcile", "cost_reconcile", []),
            new("anomaly", "cost_anomaly", []),
            new("tokens", "token_distribution", []),
        };
        steps.AddRange(Splits.Where(split => Coverage(quality.Result, split.Field) > EnoughCoverage).Select(split => Breakdown(split.Role, 10, split.Dimension)));
        if (Coverage(quality.Result, "prefix_block_hashes") > EnoughCoverage)
            steps.Add(new ReportStep("caching", "prefix_cache_sim", []));
        if (Coverage(quality.Result, "quality_score") > EnoughCoverage)
            steps.Add(new ReportStep("models-compared", "pareto", []));
        return steps;
    }

    /// <summary>What is made of the other results.</summary>
    public static IReadOnlyList<ReportStep> LastSteps(IReadOnlyList<ResultEnvelope> envelopes) =>
    [
        new ReportStep(
            "actions", "rank_actions",
            new JsonObject
            {
                ["envelopes"] = new JsonArray([.. envelopes.Select(envelope =>
                    JsonNode.Parse(JsonSerializer.SerializeToUtf8Bytes(envelope, UsageJson.Default.ResultEnvelope)))]),
            },
            OfWindow: false),
    ];

    /// <summary>Days, weeks or months, so that a chart has a few dozen columns at most.</summary>
    public static string GrainOf(JsonElement quality) => quality.Number("days_in_window") switch
    {
        <= DaysShownAsDays => "day",
        <= DaysShownAsWeeks => "week",
        _ => "month",
    };

    private static ReportStep Breakdown(string role, int limit, params string[] by) => new(
        role, "cost_breakdown",
        new JsonObject { ["group_by"] = new JsonArray([.. by.Select(name => (JsonNode)name)]), ["limit"] = limit });

    private static double Coverage(JsonElement quality, string field) =>
        quality.Items("coverage").Where(row => row.Text("field") == field).Select(row => row.Number("present_share") ?? 0).FirstOrDefault();
}
