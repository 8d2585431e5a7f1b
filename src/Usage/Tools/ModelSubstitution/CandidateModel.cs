using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.ModelSubstitution;

/// <summary>A model that may be changed to, with what the asker knows of it.</summary>
/// <param name="PublicQuality">0 to 1; null when not given.</param>
/// <param name="TokenizerRatio">Its tokens by each token counted in the log.</param>
/// <param name="Verbosity">Its output by each output token of the log.</param>
internal sealed record CandidateModel(string Model, double? PublicQuality = null, double? TokenizerRatio = null, double? Verbosity = null)
{
    public static ArgumentSpec Argument { get; } = new(
        "candidates", ArgumentKind.Objects,
        "Models that may be used, {model, quality?, tokenizer_ratio?, verbosity?}; without it the log's own models. Name the present model too "
        + "to give its public quality.",
        Max: 50, ItemSchema: Schema());

    /// <exception cref="ToolArgumentException">An entry has no model, or a figure out of range.</exception>
    public static IReadOnlyList<CandidateModel> Read(ToolArguments arguments) => arguments.Objects("candidates").Select(given =>
    {
        if (!given.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.String || model.GetString() is not { Length: > 0 } name)
            throw ArgumentCheck.Refuse("candidates", given, "objects with a model, and perhaps quality, tokenizer_ratio and verbosity");
        var quality = Figure(given, "quality", 0, 100);
        return new CandidateModel(
            name, quality > 1 ? quality / 100 : quality, Figure(given, "tokenizer_ratio", 0.1, 10), Figure(given, "verbosity", 0.1, 10));
    }).ToList();

    private static double? Figure(JsonElement given, string name, double min, double max)
    {
        if (!given.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max)
            return number;
        throw ArgumentCheck.Refuse("candidates", given, FormattableString.Invariant($"a number from {min} to {max} as {name}"));
    }

    private static JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["model"] = new JsonObject { ["type"] = "string" },
            ["quality"] = new JsonObject { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 100 },
            ["tokenizer_ratio"] = new JsonObject { ["type"] = "number", ["minimum"] = 0.1, ["maximum"] = 10 },
            ["verbosity"] = new JsonObject { ["type"] = "number", ["minimum"] = 0.1, ["maximum"] = 10 },
        },
        ["required"] = new JsonArray("model"),
        ["additionalProperties"] = false,
    };
}
