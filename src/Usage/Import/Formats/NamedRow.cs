using System.Text;
using System.Text.Json;

namespace Apex.Usage.Import.Formats;

/// <summary>A row of a log by the names of its fields, whichever shape the file has.</summary>
internal abstract class NamedRow
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

    /// <summary>The first of these that is an object or array.</summary>
    public JsonElement? FirstJson(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Json(name) is { } value)
                return value;
        }

        return null;
    }

    /// <summary>Attribution is worth having but not worth a row: what is too long is left out.</summary>
    public string? Label(params ReadOnlySpan<string> names)
    {
        var text = FirstText(names);
        return text.IsEmpty || text.Length > RowCheck.MaxTextLength ? null : Encoding.UTF8.GetString(text);
    }

    protected static JsonElement? Parse(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] is not ((byte)'{' or (byte)'['))
            return null;

        var json = new Utf8JsonReader(LoneSurrogates.Repaired(text) ?? text);
        try
        {
            return JsonElement.TryParseValue(ref json, out var value) ? value : null;
        }
        catch (JsonException)
        {
            // Such a field is free text to the program that wrote it; what is no JSON simply says nothing.
            return null;
        }
    }
}

internal sealed class JsonRow(JsonElement row) : NamedRow
{
    public override ReadOnlySpan<byte> Text(string name) => JsonText.Inside(row, name);

    public override JsonElement? Json(string name) => !row.TryGetProperty(name, out var value) ? null
        : value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? value
        : Parse(JsonText.AsText(value));
}
