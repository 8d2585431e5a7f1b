using System.Text.Json;

namespace Apex.Usage.Import.Formats.LiteLlm;

/// <summary>Token figures of a LiteLLM row: the row's own, and the details in <c>usage_object</c> under several names.</summary>
internal static class LiteLlmTokens
{
    public static TokenCounts Read(NamedRow row, JsonElement? metadata, string? provider, RowCheck check)
    {
        var usage = JsonText.ObjectInside(metadata, "usage_object") ?? row.Json("usage_object") ?? row.Json("usage");
        var promptDetails = JsonText.ObjectInside(usage, "prompt_tokens_details");
        var outputDetails = JsonText.ObjectInside(usage, "completion_tokens_details");
        var (write5m, write1h) = CacheWrites(row, usage, promptDetails, check);
        return new TokenCounts
        {
            Input = check.RequiredTokens("prompt_tokens", First(row.Text("prompt_tokens"), usage, "prompt_tokens")),
            Output = check.RequiredTokens("completion_tokens", First(row.Text("completion_tokens"), usage, "completion_tokens")),
            Total = check.OptionalTokens("total_tokens", First(row.Text("total_tokens"), usage, "total_tokens")),
            CacheRead = Tokens("cached_tokens", check,
                row.Text("cache_read_input_tokens"), JsonText.Inside(usage, "cache_read_input_tokens"),
                JsonText.Inside(promptDetails, "cached_tokens")),
            CacheWrite5m = write5m,
            CacheWrite1h = write1h,
            AudioInput = Tokens("audio_tokens", check, JsonText.Inside(promptDetails, "audio_tokens")),
            ImageInput = Tokens("image_tokens", check, JsonText.Inside(promptDetails, "image_tokens")),
            Reasoning = Tokens("reasoning_tokens", check,
                JsonText.Inside(outputDetails, "reasoning_tokens"), row.Text("reasoning_tokens")),
            AudioOutput = Tokens("audio_tokens", check, JsonText.Inside(outputDetails, "audio_tokens")),
            InputIncludesCached = true,
            IsAnthropic = provider is not null && provider.Contains("anthropic", StringComparison.OrdinalIgnoreCase),
        };
    }

    /// <summary>Writes are split by lifetime where the row tells; what is not told to last an hour lasts five minutes.</summary>
    private static (long FiveMinutes, long OneHour) CacheWrites(
        NamedRow row, JsonElement? usage, JsonElement? promptDetails, RowCheck check)
    {
        var all = Tokens("cache_creation_input_tokens", check,
            row.Text("cache_creation_input_tokens"), JsonText.Inside(usage, "cache_creation_input_tokens"),
            JsonText.Inside(promptDetails, "cache_creation_tokens"));
        var split = JsonText.ObjectInside(usage, "cache_creation")
            ?? JsonText.ObjectInside(promptDetails, "cache_creation_token_details");
        var oneHour = Tokens("ephemeral_1h_input_tokens", check, JsonText.Inside(split, "ephemeral_1h_input_tokens"));
        var fiveMinutes = Tokens("ephemeral_5m_input_tokens", check, JsonText.Inside(split, "ephemeral_5m_input_tokens"));
        return (Math.Max(fiveMinutes, all - oneHour), oneHour);
    }

    private static ReadOnlySpan<byte> First(ReadOnlySpan<byte> own, JsonElement? usage, string name) =>
        own.IsEmpty ? JsonText.Inside(usage, name) : own;

    /// <summary>The same figure stands under several names; older versions leave some of them at 0.</summary>
    private static long Tokens(
        string field, RowCheck check, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default) =>
        Math.Max(check.Tokens(field, first), Math.Max(check.Tokens(field, second), check.Tokens(field, third)));
}
