using System.Text.Json;
using System.Text.Json.Nodes;

namespace Apex.Agents.Subagents;

/// <summary>
/// Stands in a tool's arguments for the result of an earlier call of the run: <c>{"$result": "call_…"}</c>. The event and the ledger
/// keep the reference; the tool gets the result.
/// </summary>
public static class ResultReference
{
    private const string Property = "$result";

    public static JsonObject To(string toolCallId) => new() { [Property] = toolCallId };

    /// <summary>The arguments with every reference replaced.</summary>
    /// <param name="resultOf">Null for a call that is not known or gave no result.</param>
    /// <exception cref="KeyNotFoundException">A reference leads nowhere; the message names it.</exception>
    internal static JsonElement Resolve(JsonElement arguments, Func<string, JsonElement?> resultOf)
    {
        if (!IsIn(arguments))
            return arguments;
        return JsonSerializer.SerializeToElement(Replace(arguments, resultOf), AgentsJson.Default.JsonNode);
    }

    internal static bool IsIn(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => TargetOf(element) is not null || element.EnumerateObject().Any(property => IsIn(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(IsIn),
        _ => false,
    };

    private static JsonNode? Replace(JsonElement element, Func<string, JsonElement?> resultOf)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when TargetOf(element) is { } target:
                var result = resultOf(target) ?? throw new KeyNotFoundException($"No call '{target}' with a result was made before in this run.");
                return JsonObject.Create(result) ?? (JsonNode?)JsonValue.Create(result);
            case JsonValueKind.Object:
                return new JsonObject(element.EnumerateObject().Select(property => KeyValuePair.Create(property.Name, Replace(property.Value, resultOf))));
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(item => Replace(item, resultOf))]);
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            default:
                return JsonValue.Create(element);
        }
    }

    private static string? TargetOf(JsonElement element) =>
        element.TryGetProperty(Property, out var target) && target.ValueKind == JsonValueKind.String ? target.GetString() : null;
}
