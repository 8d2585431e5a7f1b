using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.Pareto;

/// <summary>T28: which models nobody beats on cost, quality and latency at once.</summary>
internal sealed class ParetoTool() : LogTool(
    "pareto", "T28", "Which models nobody beats on cost, quality and latency, from a given table or from the log's own quality scores.",
    new ArgumentSpec("rows", ArgumentKind.Objects,
        "Table to judge, {name, cost_usd, quality, latency_p95_ms?}; without it the log's own quality scores by model.", Max: 1_000, ItemSchema: Item()),
    new ArgumentSpec("source", ArgumentKind.Text, "Where the given rows come from; told in the answer.", Max: 300),
    ArgumentSpec.Number("epsilon", "Differences up to this share count as ties.", 0.01, 0, 0.5),
    ArgumentSpec.Whole("min_rows", "Scored calls a model of the log needs.", 30, 1, 1_000_000))
{
    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var epsilon = inquiry.Arguments.Number("epsilon");
        var dropped = new List<DroppedCandidate>();
        var isGiven = inquiry.Arguments.Has("rows");
        var candidates = isGiven
            ? Given(inquiry.Arguments, dropped)
            : await ScoredModels.ReadAsync(inquiry, inquiry.Arguments.Whole("min_rows"), dropped, cancellationToken);
        var usesLatency = candidates.Count > 0 && candidates.All(candidate => candidate.LatencyP95Ms is not null);
        var (kept, dominated) = Frontier.Of(candidates, epsilon, usesLatency);
        var reason = candidates.Count > 0 ? null
            : isGiven ? "No given row has both a cost above 0 and a quality."
            : "No model of the log has enough scored calls (quality_score). Score a sample of answers, or give a table as rows.";
        var result = new ParetoResult(candidates.Count > 0, reason, isGiven ? "rows" : "log", epsilon, usesLatency, kept, dominated, dropped);
        Explain(inquiry, result, isGiven, usesLatency);
        var coverage = isGiven ? (double?)null : await CoverageAsync(inquiry, cancellationToken);
        var start = reason is not null ? Grade.D : isGiven ? Grade.C : Grade.B;
        return isGiven
            ? inquiry.AnswerApart(result, ResultJson.Default.ParetoResult, start, ["rank_actions", "cost_breakdown"])
            : inquiry.Answer(
                result, ResultJson.Default.ParetoResult, start, ["rank_actions", "cost_breakdown", "sufficiency"], coverage,
                rowsUsed: candidates.Sum(candidate => candidate.Rows ?? 0));
    }

    private static JsonObject Item() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["name"] = new JsonObject { ["type"] = "string" },
            ["cost_usd"] = new JsonObject { ["type"] = "number", ["minimum"] = 0 },
            ["quality"] = new JsonObject { ["type"] = "number" },
            ["latency_p95_ms"] = new JsonObject { ["type"] = "number", ["minimum"] = 0 },
        },
        ["required"] = new JsonArray("name", "cost_usd", "quality"),
        ["additionalProperties"] = false,
    };

    private static List<ParetoCandidate> Given(ToolArguments arguments, List<DroppedCandidate> dropped)
    {
        var candidates = new List<ParetoCandidate>();
        foreach (var row in arguments.Objects("rows"))
        {
            if (!row.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
                throw ArgumentCheck.Refuse("rows", row, "objects {name, cost_usd, quality, latency_p95_ms?}");
            var candidate = new ParetoCandidate(
                name.GetString() ?? "", (decimal)Figure(row, "cost_usd", required: true)!.Value, Figure(row, "quality", required: true)!.Value,
                Figure(row, "latency_p95_ms", required: false), null);
            // A cost of 0 in such tables means that nobody wrote it down.
            if (candidate.CostUsd <= 0)
                dropped.Add(new DroppedCandidate(candidate.Name, "no cost"));
            else
                candidates.Add(candidate);
        }

        return candidates;
    }

    private static double? Figure(JsonElement row, string name, bool required)
    {
        if (row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            && double.IsFinite(number) && Math.Abs(number) < 1e12)
            return number;
        if (!required && (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null))
            return null;
        throw ArgumentCheck.Refuse("rows", row, $"a number as {name}");
    }

    private static async Task<double> CoverageAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [], [new("scored", MeasureKind.Present, Field: UsageColumns.QualityScore)], cancellationToken);
        return Figures.Share(new Cells(table, table.Rows.Count == 0 ? null : table.Rows[0]).Count("scored"), inquiry.Totals.Rows);
    }

    private static void Explain(Inquiry inquiry, ParetoResult result, bool isGiven, bool usesLatency)
    {
        inquiry.Check(
            result.Frontier.All(one => !result.Frontier.Any(other => Frontier.Beats(other, one, result.EpsilonShare, usesLatency))),
            "no model of the frontier is beaten by another");
        if (!usesLatency && result.Answered)
            inquiry.Assumptions.Add("Latency is not known for every candidate, so it is left out.");
        if (!isGiven)
        {
            inquiry.Caveats.Add(
                "Models answered different questions in the log: a difference in mean quality may be one of the "
                + "questions.");
            inquiry.ExplainPrices();
            return;
        }

        inquiry.Assumptions.Add($"The rows were given ({inquiry.Arguments.FindText("source") ?? "source not told"}); nothing of them is checked against the log.");
        inquiry.Caveats.Add("A public benchmark is a prior about other people's tasks: test on your own before changing a model.");
    }
}
