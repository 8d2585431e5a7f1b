using System.Text.Json;

namespace Apex.Usage.Import.Formats.LiteLlm;

/// <summary>Request tags, which LiteLLM keeps as a list, and what else tells calls apart.</summary>
internal static class LiteLlmTags
{
    public static Dictionary<string, string> Read(NamedRow row)
    {
        var tags = new Dictionary<string, string>();
        if (row.Json("request_tags") is { ValueKind: JsonValueKind.Array } list)
            TagText.AddAll(tags, list);

        TagText.Add(tags, "organization_id", row.Text("organization_id"));
        TagText.Add(tags, "gateway_cache_hit", row.Text("cache_hit"));
        return tags;
    }
}
