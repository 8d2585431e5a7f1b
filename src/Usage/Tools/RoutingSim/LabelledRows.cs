using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.RoutingSim;

/// <summary>Judged calls as they are given: both models' quality and cost, and the router's score.</summary>
internal static class LabelledRows
{
    private static readonly string[] Required = ["strong_quality", "weak_quality", "strong_cost_usd", "weak_cost_usd"];

    public static ArgumentSpec Argument { get; } = new(
        "rows", ArgumentKind.Objects,
        "Calls both models answered, {strong_quality, weak_quality, strong_cost_usd, weak_cost_usd, score?, weight?}; the higher the router's score, the "
        + "sooner a call goes to the strong model. Without scores calls are drawn by lot.",
        Max: 10_000, ItemSchema: Schema());

    /// <exception cref="ToolArgumentException">A figure is missing or out of range.</exception>
    public static IReadOnlyList<JudgedCall> Read(ToolArguments arguments) => arguments.Objects("rows").Select(row => new JudgedCall(
        Figure(row, "score", -1e12, 0), Figure(row, "strong_quality", 0), Figure(row, "weak_quality", 0), Figure(row, "strong_cost_usd", 0),
        Figure(row, "weak_cost_usd", 0), Figure(row, "weight", 1e-6, 1))).ToList();

    private static double Figure(JsonElement row, string name, double least, double? fallback = null)
    {
        if (!row.TryGetProperty(name, out var value) && fallback is { } missing)
            return missing;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= 1e12)
            return number;
        throw ArgumentCheck.Refuse("rows", row, FormattableString.Invariant($"a number from {least} to 1e12 as {name}"));
    }

    private static JsonObject Schema()
    {
        var properties = new JsonObject { ["score"] = new JsonObject { ["type"] = "number" }, ["weight"] = new JsonObject { ["type"] = "number", ["minimum"] = 1e-6 } };
        foreach (var name in Required)
            properties[name] = new JsonObject { ["type"] = "number", ["minimum"] = 0 };
        return new JsonObject
        {
            ["type"] = "object", ["properties"] = properties, ["required"] = new JsonArray([.. Required.Select(name => (JsonNode)name)]),
            ["additionalProperties"] = false,
        };
    }
}
