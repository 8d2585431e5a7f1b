using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Agents.Subagents;
using Apex.Agents.ChatModels;

namespace Apex.Agents.Conversing;

/// <summary>A tool's result as a model gets to read it: figures and caveats, long lists and texts cut with the cut named.</summary>
internal static class EvidenceDigest
{
    private const int MaxTextCharacters = 200;

    private static readonly int[] Lengths = [40, 20, 10, 5, 2];

    /// <summary>What a reader of figures needs; arguments, evidence and self-checks stay behind.</summary>
    private static readonly string[] Kept = ["grade", "window", "rows_in", "rows_used", "priced_share", "result", "assumptions", "caveats"];

    /// <returns>The longest form that has at most so many tokens by estimate.</returns>
    public static string Of(ToolCallResult call, long maxTokens)
    {
        if (call.Result is not { } result)
            return new JsonObject { ["error"] = Cut(call.Error ?? "The tool gave no result.") }.ToJsonString();
        foreach (var length in Lengths)
        {
            var text = Shortened(Essence(result), length)?.ToJsonString() ?? "null";
            if (TokenEstimate.Of(text) <= maxTokens)
                return text;
        }

        return new JsonObject { ["left_out"] = "The result does not fit; ask for less of it, or for another grouping." }.ToJsonString();
    }

    private static JsonElement Essence(JsonElement result)
    {
        if (result.ValueKind != JsonValueKind.Object || !result.TryGetProperty("result", out _))
            return result;
        var essence = new JsonObject();
        foreach (var name in Kept)
            if (result.TryGetProperty(name, out var value))
                essence[name] = JsonSerializer.SerializeToNode(value, AgentsJson.Default.JsonElement);
        return JsonSerializer.SerializeToElement(essence, AgentsJson.Default.JsonNode);
    }

    private static JsonNode? Shortened(JsonElement element, int length)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return new JsonObject(element.EnumerateObject().Select(one => KeyValuePair.Create(one.Name, Shortened(one.Value, length))));
            case JsonValueKind.Array:
                var items = element.EnumerateArray().Take(length).Select(item => Shortened(item, length)).ToList();
                if (element.GetArrayLength() > length)
                    items.Add("further entries are left out here");
                return new JsonArray([.. items]);
            case JsonValueKind.String:
                return Cut(element.GetString()!);
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            default:
                return JsonValue.Create(element);
        }
    }

    private static string Cut(string text) => text.Length <= MaxTextCharacters ? text : text[..MaxTextCharacters] + "…";
}
