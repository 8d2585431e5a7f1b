using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Server.Reporting.Sections;
using Apex.Usage.Query;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting;

/// <summary>Which analyses a report asks for: those the log has the fields for.</summary>
internal static class ReportPlan
{
    private const int DaysShownAsDays = 45;
    private const int DaysShownAsWeeks = 183;
    private const double EnoughCoverage = 0.05;

    /// <summary>Two months that hold less of the span's cost tell nothing of it.</summary>
    private const double LeastShareOfCost = 0.05;

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
        steps.Add(new ReportStep("retries", "retry_waste", []));
        steps.Add(new ReportStep("together", "what_if", []));
        steps.Add(new ReportStep("prices", "price_lint", []));
        if (Coverage(quality.Result, "ts_end") > EnoughCoverage)
            steps.Add(new ReportStep("latency", "latency_profile", []));
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

    /// <summary>What can be asked once the months and the models are known.</summary>
    public static IReadOnlyList<ReportStep> FollowingSteps(ComparedSpans? compared, JsonElement? models)
    {
        var steps = new List<ReportStep>();
        if (compared is { } spans)
            steps.Add(new ReportStep(
                "drivers", "cost_drivers", new JsonObject { ["window"] = Json(spans.After), ["before"] = Json(spans.Before) }, OfWindow: false));
        if (models?.Items("frontier") is { Count: > 1 } front
            && front.MaxBy(row => row.Number("quality") ?? 0).Text("name") is { } strong
            && front.MinBy(row => row.Number("cost_usd") ?? 0).Text("name") is { } weak && strong != weak)
            steps.Add(new ReportStep("routing", "routing_sim", new JsonObject { ["strong"] = strong, ["weak"] = weak }));
        return steps;
    }

    /// <summary>
    /// The last whole calendar month of the span and the one before it. Where these hold next to nothing of the span's cost, the two whole
    /// months in a row between which it changed most, for that is what a reader asks about. In a span without two whole months its two
    /// halves, so long as they have a day each.
    /// </summary>
    /// <param name="months">Result of a breakdown by month; null: only the calendar decides.</param>
    public static ComparedSpans? Compared(TimeWindow span, JsonElement? months)
    {
        var end = MonthOf(span.To);
        if (end.AddMonths(-2) < span.From)
        {
            var days = (int)(span.Length.TotalDays / 2);
            return days < 1
                ? null
                : new ComparedSpans(
                    new TimeWindow(span.To.AddDays(-2 * days), span.To.AddDays(-days)), new TimeWindow(span.To.AddDays(-days), span.To),
                    "The span has no two whole months, so its halves are compared.");
        }

        var last = Pair(end.AddMonths(-2), null);
        var costs = (months?.Items("rows") ?? []).ToDictionary(row => row.Key("month"), row => row.Number("cost_usd") ?? 0, StringComparer.Ordinal);
        var share = costs.Values.Sum() is > 0 and var whole ? (Cost(last.Before) + Cost(last.After)) / whole : 1;
        if (share >= LeastShareOfCost)
            return last;
        var moved = Whole().MaxBy(pair => Math.Abs(Cost(pair.After) - Cost(pair.Before))) ?? last;
        return moved == last
            ? last
            : moved with
            {
                Why = $"The last two whole months hold only {Words.Percent(share)} of the cost, so the two in a row are compared between which it changed most.",
            };

        ComparedSpans Pair(DateTimeOffset begin, string? why) =>
            new(new TimeWindow(begin, begin.AddMonths(1)), new TimeWindow(begin.AddMonths(1), begin.AddMonths(2)), why);

        double Cost(TimeWindow month) => costs.GetValueOrDefault(month.From.ToString("yyyy-MM", CultureInfo.InvariantCulture));

        IEnumerable<ComparedSpans> Whole()
        {
            for (var begin = end.AddMonths(-2); begin >= span.From; begin = begin.AddMonths(-1))
                yield return Pair(begin, null);
        }
    }

    private static DateTimeOffset MonthOf(DateTimeOffset moment) => new(moment.Year, moment.Month, 1, 0, 0, 0, TimeSpan.Zero);

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

/// <summary>Two spans whose costs are compared.</summary>
/// <param name="Why">Said to the reader where they are not the last two whole months.</param>
internal sealed record ComparedSpans(TimeWindow Before, TimeWindow After, string? Why);
