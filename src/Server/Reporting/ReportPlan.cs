using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Query;
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
        steps.Add(new ReportStep("forecast", "spend_forecast", []));
        steps.Add(new ReportStep("load", "burstiness", []));
        if (quality.Window is { } span && Compared(span) is { } compared)
            steps.Add(new ReportStep(
                "drivers", "cost_drivers", new JsonObject { ["window"] = Json(compared.After), ["before"] = Json(compared.Before) }, OfWindow: false));
        steps.AddRange(Splits.Where(split => Coverage(quality.Result, split.Field) > EnoughCoverage).Select(split => Breakdown(split.Role, 10, split.Dimension)));
        if (Coverage(quality.Result, "prefix_block_hashes") > EnoughCoverage)
            steps.Add(new ReportStep("caching", "prefix_cache_sim", []));
        if (Coverage(quality.Result, "quality_score") > EnoughCoverage)
            steps.Add(new ReportStep("models-compared", "pareto", []));
        steps.Add(new ReportStep("endings", "deprecation_exposure", []));
        return [.. steps.Where(step => UsageTools.Find(step.Tool) is not null)];
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

    /// <summary>
    /// The last whole calendar month of the span and the one before it; in a shorter span its two halves, so long as they have a day each.
    /// </summary>
    public static (TimeWindow Before, TimeWindow After)? Compared(TimeWindow span)
    {
        var end = new DateTimeOffset(span.To.Year, span.To.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var (middle, begin) = (end.AddMonths(-1), end.AddMonths(-2));
        if (begin >= span.From)
            return (new TimeWindow(begin, middle), new TimeWindow(middle, end));
        var days = (int)(span.Length.TotalDays / 2);
        return days < 1
            ? null
            : (new TimeWindow(span.To.AddDays(-2 * days), span.To.AddDays(-days)), new TimeWindow(span.To.AddDays(-days), span.To));
    }

    private static JsonObject Json(TimeWindow span) => new()
    {
        ["from"] = span.From.ToString("O", CultureInfo.InvariantCulture), ["to"] = span.To.ToString("O", CultureInfo.InvariantCulture),
    };

    private static ReportStep Breakdown(string role, int limit, params string[] by) => new(
        role, "cost_breakdown",
        new JsonObject { ["group_by"] = new JsonArray([.. by.Select(name => (JsonNode)name)]), ["limit"] = limit });

    private static double Coverage(JsonElement quality, string field) =>
        quality.Items("coverage").Where(row => row.Text("field") == field).Select(row => row.Number("present_share") ?? 0).FirstOrDefault();
}
