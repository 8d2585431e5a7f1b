using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Apex.Usage.Import.Formats.LiteLlm;

/// <summary>A row of a LiteLLM log by property name, whichever shape the file has.</summary>
internal abstract class LiteLlmRow
{
    /// <summary>The value as text; empty when missing or null.</summary>
    public abstract ReadOnlySpan<byte> Text(string name);

    /// <summary>The value as an object or array; null when it is none.</summary>
    public abstract JsonElement? Json(string name);

    /// <summary>The first of these that has a value.</summary>
    public ReadOnlySpan<byte> FirstText(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var text = Text(name);
            if (!text.IsEmpty)
                return text;
        }

        return default;
    }

    /// <summary>A value inside an object, as text; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Inside(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var child) ? AsText(child) : default;

    public static JsonElement? ObjectInside(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var child)
            && child.ValueKind == JsonValueKind.Object ? child : null;

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

    protected static JsonElement? Parse(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] is not ((byte)'{' or (byte)'['))
            return null;

        var json = new Utf8JsonReader(text);
        try
        {
            return JsonElement.TryParseValue(ref json, out var value) ? value : null;
        }
        catch (JsonException)
        {
            // Metadata is free text to the gateway; what is no JSON simply says nothing.
            return null;
        }
    }
}

internal sealed class LiteLlmJsonRow(JsonElement row) : LiteLlmRow
{
    public override ReadOnlySpan<byte> Text(string name) => row.TryGetProperty(name, out var value) ? AsText(value) : default;

    public override JsonElement? Json(string name) => !row.TryGetProperty(name, out var value) ? null
        : value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? value
        : Parse(AsText(value));
}
