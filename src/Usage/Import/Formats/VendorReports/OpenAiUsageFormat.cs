using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.VendorReports;

/// <summary>
/// Pages of OpenAI's organisation usage: sums of completions and embeddings. Cached tokens are part of the input.
/// </summary>
internal sealed class OpenAiUsageFormat(RowOrigin origin, JsonShape shape) : ReportFormat(ImportFormats.OpenAiUsage, shape)
{
    protected override (string Start, string End, TimeUnit Unit) Bounds => ("start_time", "end_time", TimeUnit.UnixSeconds);

    protected override bool IsOfTokens(JsonElement sum) =>
        JsonText.Inside(sum, "object") is { IsEmpty: false } kind
            ? kind.IndexOf("completions"u8) >= 0 || kind.IndexOf("embeddings"u8) >= 0
            : !JsonText.Inside(sum, "input_tokens").IsEmpty;

    protected override UsageEvent? ReadSum(JsonElement sum, DateTimeOffset start, DateTimeOffset end, RowCheck check)
    {
        var model = check.OptionalText("model", JsonText.Inside(sum, "model"));
        var counts = new TokenCounts
        {
            Input = check.RequiredTokens("input_tokens", JsonText.Inside(sum, "input_tokens")),
            CacheRead = check.Tokens("input_cached_tokens", JsonText.Inside(sum, "input_cached_tokens")),
            AudioInput = check.Tokens("input_audio_tokens", JsonText.Inside(sum, "input_audio_tokens")),
            Output = check.Tokens("output_tokens", JsonText.Inside(sum, "output_tokens")),
            AudioOutput = check.Tokens("output_audio_tokens", JsonText.Inside(sum, "output_audio_tokens")),
            InputIncludesCached = true,
        };
        if (check.Problem is not null)
            return null;

        var tags = new Dictionary<string, string>();
        TagText.Add(tags, "requests", JsonText.Inside(sum, "num_model_requests"));
        var groups = new SumGroups(sum, "project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "object");
        var parts = new CallParts
        {
            OwnId = groups.IdOf(start, end),
            Span = CallSpan.Of(start, null, end),
            Counts = counts,
            Request = ModelName.Read(model),
            Provider = "openai",
            Flag = QualityFlags.SumOfCalls,
        };
        return parts.ToRow(origin, default) with
        {
            Operation = JsonText.Inside(sum, "object").IndexOf("embeddings"u8) >= 0 ? "embeddings" : "chat",
            ServiceTier = groups["batch"] == "true" ? ServiceTier.Batch : ServiceTiers.Read(groups["service_tier"] ?? ""),
            UserId = groups["user_id"],
            TeamId = groups["project_id"],
            ApiKeyHash = TenantHash.OfKey(origin.Tenant, groups["api_key_id"]),
            Tags = tags,
        };
    }
}
