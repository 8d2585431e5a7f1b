using System.Text;
using System.Text.Json;

namespace Apex.Usage.Import.Formats;

/// <summary>Tags of a row, bounded in number and length. A plain tag has the value "true"; <c>team:search</c> is a key and a value.</summary>
internal static class TagText
{
    private const int MaxTags = 64;
    private const int MaxTagLength = 256;

    public static void AddAll(Dictionary<string, string> tags, JsonElement list)
    {
        foreach (var tag in list.EnumerateArray())
        {
            if (tag.ValueKind != JsonValueKind.String || tag.GetString() is not { Length: > 0 and <= MaxTagLength } text)
                continue;

            var colon = text.IndexOf(':', StringComparison.Ordinal);
            var (key, value) = colon > 0 ? (text[..colon].Trim(), text[(colon + 1)..].Trim()) : (text, "true");
            if (tags.Count < MaxTags)
                tags.TryAdd(key, value);
        }
    }

    /// <summary>The properties of an object whose values are plain.</summary>
    public static void AddProperties(Dictionary<string, string> tags, JsonElement map)
    {
        foreach (var property in map.EnumerateObject())
        {
            if (property.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
                Add(tags, property.Name, JsonText.AsText(property.Value));
        }
    }

    public static void Add(Dictionary<string, string> tags, string key, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty && value.Length <= MaxTagLength && key.Length is > 0 and <= MaxTagLength && tags.Count < MaxTags)
            tags.TryAdd(key, Encoding.UTF8.GetString(value));
    }
}
