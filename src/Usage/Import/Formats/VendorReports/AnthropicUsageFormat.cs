using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.VendorReports;

/// <summary>Pages of Anthropic's usage report for messages. Uncached, written and read tokens stand apart.</summary>
internal sealed class AnthropicUsageFormat(RowOrigin origin, JsonShape shape) : ReportFormat(ImportFormats.AnthropicUsage, shape)
{
    protected override (string Start, string End, TimeUnit Unit) Bounds => ("starting_at", "ending_at", TimeUnit.Iso);

    protected override bool IsOfTokens(JsonElement sum) => !JsonText.Inside(sum, "uncached_input_tokens").IsEmpty;

    protected override UsageEvent? ReadSum(JsonElement sum, DateTimeOffset start, DateTimeOffset end, RowCheck check)
    {
        var written = JsonText.ObjectInside(sum, "cache_creation");
        var model = check.OptionalText("model", JsonText.Inside(sum, "model"));
        var counts = new TokenCounts
        {
            Input = check.RequiredTokens("uncached_input_tokens", JsonText.Inside(sum, "uncached_input_tokens")),
            CacheRead = check.Tokens("cache_read_input_tokens", JsonText.Inside(sum, "cache_read_input_tokens")),
            CacheWrite5m = check.Tokens("ephemeral_5m_input_tokens", JsonText.Inside(written, "ephemeral_5m_input_tokens")),
            CacheWrite1h = check.Tokens("ephemeral_1h_input_tokens", JsonText.Inside(written, "ephemeral_1h_input_tokens")),
            Output = check.Tokens("output_tokens", JsonText.Inside(sum, "output_tokens")),
            InputIncludesCached = false,
        };
        if (check.Problem is not null)
            return null;

        var tags = new Dictionary<string, string>();
        TagText.Add(tags, "context_window", JsonText.Inside(sum, "context_window"));
        TagText.Add(tags, "web_search_requests", JsonText.Inside(JsonText.ObjectInside(sum, "server_tool_use"), "web_search_requests"));
        var groups = new SumGroups(sum, "workspace_id", "api_key_id", "model", "service_tier", "context_window", "inference_geo");
        var parts = new CallParts
        {
            OwnId = groups.IdOf(start, end),
            Span = CallSpan.Of(start, null, end),
            Counts = counts,
            Request = ModelName.Read(model),
            Provider = "anthropic",
            Flag = QualityFlags.SumOfCalls,
        };
        return parts.ToRow(origin, default) with
        {
            ServiceTier = ServiceTiers.Read(groups["service_tier"] ?? ""),
            TeamId = groups["workspace_id"],
            ApiKeyHash = TenantHash.OfKey(origin.Tenant, groups["api_key_id"]),
            Region = groups["inference_geo"],
            Tags = tags,
        };
    }
}
