using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Apex.Usage.Import.Formats;

/// <summary>Values of JSON as the texts that <see cref="RowCheck"/> reads; what is missing, null or of another kind is empty.</summary>
internal static class JsonText
{
    /// <summary>A value inside an object, as text; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Inside(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var child) ? AsText(child) : default;

    /// <summary>The first of these names that has a value.</summary>
    public static ReadOnlySpan<byte> FirstInside(JsonElement? parent, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var text = Inside(parent, name);
            if (!text.IsEmpty)
                return text;
        }

        return default;
    }

    public static JsonElement? ObjectInside(JsonElement? parent, string name) => Child(parent, name, JsonValueKind.Object);

    public static JsonElement? ArrayInside(JsonElement? parent, string name) => Child(parent, name, JsonValueKind.Array);

    public static bool Equals(JsonElement? parent, string name, ReadOnlySpan<byte> expected) => Inside(parent, name).SequenceEqual(expected);

    public static ReadOnlySpan<byte> AsText(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Undefined or JsonValueKind.Null:
                return default;
            case JsonValueKind.String:
                var quoted = JsonMarshal.GetRawUtf8Value(value)[1..^1];
                return quoted.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(value.GetString() ?? "") : quoted;
            default:
                return JsonMarshal.GetRawUtf8Value(value);
        }
    }

    private static JsonElement? Child(JsonElement? parent, string name, JsonValueKind kind) =>
        parent is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var child) && child.ValueKind == kind
            ? child
            : null;
}
