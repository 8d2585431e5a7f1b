using System.Globalization;
using System.Text.Json;

namespace Apex.Agents.Figures;

/// <summary>Reads a value by its JSON pointer (RFC 6901).</summary>
internal static class JsonPointer
{
    public static JsonElement? Find(JsonElement root, string pointer)
    {
        var at = root;
        foreach (var part in pointer.Split('/').Skip(1))
        {
            var name = Unescape(part);
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var property))
                at = property;
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < at.GetArrayLength())
                at = at[index];
            else
                return null;
        }

        return at;
    }

    public static double? FindNumber(JsonElement root, string pointer) =>
        Find(root, pointer) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Unescape(string part) => part.Contains('~', StringComparison.Ordinal)
        ? part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)
        : part;
}
