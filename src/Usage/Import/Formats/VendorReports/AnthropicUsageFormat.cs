using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.VendorReports;

/// <summary>Pages of Anthropic's usage report for messages. Uncached, written and read tokens stand apart.</summary>
internal sealed class AnthropicUsageFormat(RowOrigin origin, JsonShape shape) : ReportFormat(
    ImportFormats.AnthropicUsage, "anthropic", origin, shape,
    "workspace_id", "api_key_id", "model", "service_tier", "context_window", "inference_geo")
{
    protected override (string Start, string End, TimeUnit Unit) Bounds => ("starting_at", "ending_at", TimeUnit.Iso);

    protected override bool IsOfTokens(JsonElement sum) => !JsonText.Inside(sum, "uncached_input_tokens").IsEmpty;

    protected override TokenCounts ReadCounts(JsonElement sum, RowCheck check)
    {
        var written = JsonText.ObjectInside(sum, "cache_creation");
        return new TokenCounts
        {
            Input = check.RequiredTokens("uncached_input_tokens", JsonText.Inside(sum, "uncached_input_tokens")),
            CacheRead = check.Tokens("cache_read_input_tokens", JsonText.Inside(sum, "cache_read_input_tokens")),
            CacheWrite5m = check.Tokens("ephemeral_5m_input_tokens", JsonText.Inside(written, "ephemeral_5m_input_tokens")),
            CacheWrite1h = check.Tokens("ephemeral_1h_input_tokens", JsonText.Inside(written, "ephemeral_1h_input_tokens")),
            Output = check.Tokens("output_tokens", JsonText.Inside(sum, "output_tokens")),
            InputIncludesCached = false,
        };
    }

    protected override UsageEvent Complete(UsageEvent row, JsonElement sum, SumGroups groups, Dictionary<string, string> tags)
    {
        TagText.Add(tags, "context_window", JsonText.Inside(sum, "context_window"));
        TagText.Add(tags, "web_search_requests", JsonText.Inside(JsonText.ObjectInside(sum, "server_tool_use"), "web_search_requests"));
        return row with
        {
            ServiceTier = ServiceTiers.Read(groups["service_tier"] ?? ""),
            TeamId = groups["workspace_id"],
            Region = groups["inference_geo"],
        };
    }
}
