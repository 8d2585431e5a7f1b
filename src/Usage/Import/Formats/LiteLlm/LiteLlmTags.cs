using System.Text.Json;

namespace Apex.Usage.Import.Formats.LiteLlm;

/// <summary>Request tags, which LiteLLM keeps as a list: <c>feature:search</c> becomes a key and a value, a plain tag is "true".</summary>
internal static class LiteLlmTags
{
    private const int MaxTags = 64;
    private const int MaxTagLength = 256;

    public static Dictionary<string, string> Read(LiteLlmRow row)
    {
        var tags = new Dictionary<string, string>();
        if (row.Json("request_tags") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var tag in list.EnumerateArray())
                Add(tags, tag);
        }

        AddValue(tags, "organization_id", row.Text("organization_id"));
        AddValue(tags, "gateway_cache_hit", row.Text("cache_hit"));
        return tags;
    }

    private static void Add(Dictionary<string, string> tags, JsonElement tag)
    {
        if (tag.ValueKind != JsonValueKind.String || tag.GetString() is not { Length: > 0 and <= MaxTagLength } text)
            return;

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (key, value) = colon > 0 ? (text[..colon].Trim(), text[(colon + 1)..].Trim()) : (text, "true");
        if (tags.Count < MaxTags)
            tags.TryAdd(key, value);
    }

    private static void AddValue(Dictionary<string, string> tags, string key, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty && value.Length <= MaxTagLength)
            tags.TryAdd(key, System.Text.Encoding.UTF8.GetString(value));
    }
}
