using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.Arguments;

/// <summary>JSON Schema (draft 2020-12) of a tool's arguments.</summary>
internal static class ArgumentSchema
{
    public static JsonElement Of(IReadOnlyList<ArgumentSpec> specs)
    {
        var properties = new JsonObject();
        foreach (var spec in specs)
        {
            var property = Shape(spec);
            property["description"] = spec.Description;
            if (spec.Default is { } fallback)
                property["default"] = fallback.DeepClone();
            properties[spec.Name] = property;
        }

        return Element(new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        });
    }

    public static JsonElement Element(JsonNode node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }

    private static JsonObject Shape(ArgumentSpec spec) => spec.Kind switch
    {
        ArgumentKind.Window => Window(),
        ArgumentKind.Filters => List(Filter(), spec.Max),
        ArgumentKind.GroupBy => List(Enumeration(SnakeCase.All<Dimension>()), spec.Max),
        ArgumentKind.Whole => Bounded("integer", spec),
        ArgumentKind.Number => Bounded("number", spec),
        ArgumentKind.Text => new JsonObject { ["type"] = "string", ["maxLength"] = (int)spec.Max },
        ArgumentKind.Choice => Enumeration(spec.Choices ?? []),
        ArgumentKind.Choices => List(Enumeration(spec.Choices ?? []), spec.Max),
        ArgumentKind.Flag => new JsonObject { ["type"] = "boolean" },
        ArgumentKind.Numbers => List(new JsonObject { ["type"] = "number", ["minimum"] = spec.Min }, spec.Max),
        ArgumentKind.Texts => List(new JsonObject { ["type"] = "string" }, spec.Max),
        ArgumentKind.Objects => List(spec.ItemSchema?.DeepClone().AsObject() ?? new JsonObject { ["type"] = "object" }, spec.Max),
        _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.Kind, "No such kind of argument."),
    };

    private static JsonObject Bounded(string type, ArgumentSpec spec) =>
        new() { ["type"] = type, ["minimum"] = spec.Min, ["maximum"] = spec.Max };

    private static JsonObject List(JsonObject items, double most) =>
        new() { ["type"] = "array", ["items"] = items, ["maxItems"] = (int)most };

    private static JsonObject Enumeration(IReadOnlyList<string> choices) =>
        new() { ["type"] = "string", ["enum"] = new JsonArray([.. choices.Select(choice => (JsonNode)choice)]) };

    private static JsonObject Window() => new()
    {
        ["oneOf"] = new JsonArray(
            new JsonObject { ["type"] = "string" },
            new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject
                {
                    ["from"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" },
                    ["to"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" },
                },
                ["required"] = new JsonArray("from", "to"),
                ["additionalProperties"] = false,
            }),
    };

    private static JsonObject Filter() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["dimension"] = Enumeration(SnakeCase.All<Dimension>()),
            ["operator"] = Enumeration(SnakeCase.All<FilterOperator>()),
            ["values"] = List(new JsonObject { ["type"] = "string" }, ToolArguments.MaxFilterValues),
        },
        ["required"] = new JsonArray("dimension", "operator"),
        ["additionalProperties"] = false,
    };
}
