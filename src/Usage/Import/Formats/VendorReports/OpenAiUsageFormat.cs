using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.VendorReports;

/// <summary>
/// Pages of OpenAI's organisation usage: sums of completions and embeddings. Cached tokens are part of the input.
/// </summary>
internal sealed class OpenAiUsageFormat(RowOrigin origin, JsonShape shape) : ReportFormat(
    ImportFormats.OpenAiUsage, "openai", origin, shape,
    "project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "object")
{
    protected override (string Start, string End, TimeUnit Unit) Bounds => ("start_time", "end_time", TimeUnit.UnixSeconds);

    protected override bool IsOfTokens(JsonElement sum) =>
        JsonText.Inside(sum, "object") is { IsEmpty: false } kind
            ? kind.IndexOf("completions"u8) >= 0 || kind.IndexOf("embeddings"u8) >= 0
            : !JsonText.Inside(sum, "input_tokens").IsEmpty;

    protected override TokenCounts ReadCounts(JsonElement sum, RowCheck check) => new()
    {
        Input = check.RequiredTokens("input_tokens", JsonText.Inside(sum, "input_tokens")),
        CacheRead = check.Tokens("input_cached_tokens", JsonText.Inside(sum, "input_cached_tokens")),
        AudioInput = check.Tokens("input_audio_tokens", JsonText.Inside(sum, "input_audio_tokens")),
        Output = check.Tokens("output_tokens", JsonText.Inside(sum, "output_tokens")),
        AudioOutput = check.Tokens("output_audio_tokens", JsonText.Inside(sum, "output_audio_tokens")),
        InputIncludesCached = true,
    };

    protected override UsageEvent Complete(UsageEvent row, JsonElement sum, SumGroups groups, Dictionary<string, string> tags)
    {
        TagText.Add(tags, "requests", JsonText.Inside(sum, "num_model_requests"));
        return row with
        {
            Operation = JsonText.Inside(sum, "object").IndexOf("embeddings"u8) >= 0 ? "embeddings" : "chat",
            ServiceTier = groups["batch"] == "true" ? ServiceTier.Batch : ServiceTiers.Read(groups["service_tier"] ?? ""),
            UserId = groups["user_id"],
            TeamId = groups["project_id"],
        };
    }
}
