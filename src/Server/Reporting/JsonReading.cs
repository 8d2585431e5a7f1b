using System.Text.Json;

namespace Apex.Server.Reporting;

/// <summary>Reads a tool's result by paths such as <c>totals/cost_usd</c>; what is not there is null, for results of tools differ.</summary>
internal static class JsonReading
{
    public static JsonElement? At(this JsonElement element, string path)
    {
        var at = element;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                return null;
        }

        return at.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? null : at;
    }

    public static double? Number(this JsonElement element, string path) =>
        element.At(path) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    public static string? Text(this JsonElement element, string path) =>
        element.At(path) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static bool Flag(this JsonElement element, string path) => element.At(path) is { ValueKind: JsonValueKind.True };

    public static IReadOnlyList<JsonElement> Items(this JsonElement element, string path) =>
        element.At(path) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    /// <summary>The group's key of a dimension; what had no value reads as such.</summary>
    public static string Key(this JsonElement row, string dimension) => row.Text($"keys/{dimension}") ?? "(none)";
}
