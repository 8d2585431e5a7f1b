using System.Text;
using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Helicone;

/// <summary>
/// Helicone's requests, as its export tool and its query interface give them: one row per request through the gateway, with the
/// answer's figures beside it. In a CSV, an object such as the properties is JSON inside its cell.
/// </summary>
internal sealed class HeliconeCalls(RowOrigin origin) : NamedCallReader
{
    public static readonly string[] Columns = ["request_id", "request_created_at"];

    // Helicone names the user's properties as the headers did.
    private static readonly string[] SessionNames = ["Helicone-Session-Id", "helicone-session-id", "session_id", "SessionId", "session"];
    private static readonly string[] FeatureNames = ["feature", "Feature", "App", "app", "appname"];
    private static readonly string[] EnvironmentNames = ["environment", "Environment", "env"];

    public override string Format => ImportFormats.Helicone;

    public override IReadOnlyList<string> RequiredColumns => Columns;

    public override IReadOnlyList<string> Assumptions =>
    [
        "Cached tokens are part of the prompt's, unless the total proves otherwise or the provider is Anthropic and the prompt is smaller.",
        "Answers from Helicone's own cache cost nothing and are passed over.",
    ];

    public override bool IsCall(NamedRow row) =>
        !row.Text("cache_enabled").SequenceEqual("true"u8) || row.Text("cache_reference_id").IsEmpty
        || row.Text("cache_reference_id").SequenceEqual("00000000-0000-0000-0000-000000000000"u8);

    public override UsageEvent? Read(NamedRow row, ReadOnlySpan<byte> record, RowCheck check)
    {
        var start = check.Start("request_created_at", row.Text("request_created_at"), TimeUnit.Iso);
        var provider = row.Label("provider")?.ToLowerInvariant();
        var properties = row.FirstJson("request_properties", "properties");
        var request = ModelName.Read(check.OptionalText("request_model", row.FirstText("request_model", "model")));
        var response = row.FirstText("response_model", "model_override", "model");
        var status = check.OptionalInt("response_status", row.FirstText("response_status", "status"));
        var parts = new CallParts
        {
            OwnId = check.OptionalText("request_id", row.Text("request_id")),
            Span = CallSpan.Of(start, FirstToken(row, start, check), End(row, start, check)),
            Counts = Counts(row, provider, check),
            Request = request,
            Response = response.IsEmpty ? default : ModelName.Read(check.OptionalText("response_model", response)),
            Provider = provider,
            Money = RecordedMoney.From(check.OptionalMoney("cost", row.FirstText("cost", "costUSD", "cost_usd")), null),
        };
        if (check.Problem is not null)
            return null;

        var tags = new Dictionary<string, string>();
        if (properties is { ValueKind: JsonValueKind.Object } map)
            TagText.AddProperties(tags, map);
        TagText.Add(tags, "country_code", row.Text("country_code"));
        return parts.ToRow(origin, record) with
        {
            Operation = Operation(row.FirstText("request_path", "target_url")),
            Status = StatusOf(status),
            HttpStatus = status is >= 100 and <= 599 ? status : null,
            ErrorType = status is >= 400 ? $"http_{status}" : null,
            UserId = row.Label("request_user_id", "user_id", "helicone_user"),
            ConversationId = Property(properties, SessionNames),
            Feature = Property(properties, FeatureNames) ?? row.Label("prompt_id"),
            Environment = Property(properties, EnvironmentNames),
            PromptHash = row.Json("request_body") is { } body && JsonText.ArrayInside(body, "messages") is { } messages
                ? TenantHash.OfPrompt(origin.Tenant, messages) : null,
            Tags = tags,
        };
    }

    private static TokenCounts Counts(NamedRow row, string? provider, RowCheck check) => new()
    {
        Input = check.Tokens("prompt_tokens", row.Text("prompt_tokens")),
        Output = check.Tokens("completion_tokens", row.Text("completion_tokens")),
        Total = check.OptionalTokens("total_tokens", row.Text("total_tokens")),
        CacheRead = check.Tokens("prompt_cache_read_tokens", row.Text("prompt_cache_read_tokens")),
        CacheWrite5m = check.Tokens("prompt_cache_write_tokens", row.Text("prompt_cache_write_tokens")),
        AudioInput = check.Tokens("prompt_audio_tokens", row.Text("prompt_audio_tokens")),
        Reasoning = check.Tokens("reasoning_tokens", row.Text("reasoning_tokens")),
        AudioOutput = check.Tokens("completion_audio_tokens", row.Text("completion_audio_tokens")),
        InputIncludesCached = true,
        IsAnthropic = provider is not null && provider.Contains("anthropic", StringComparison.Ordinal),
    };

    private static DateTimeOffset? FirstToken(NamedRow row, DateTimeOffset start, RowCheck check) =>
        Later(start, check.OptionalNumber("time_to_first_token", row.Text("time_to_first_token")), check);

    private static DateTimeOffset? End(NamedRow row, DateTimeOffset start, RowCheck check) =>
        check.OptionalTime("response_created_at", row.Text("response_created_at"), TimeUnit.Iso)
        ?? Later(start, check.OptionalNumber("delay_ms", row.FirstText("delay_ms", "latency", "latency_ms")), check);

    private static DateTimeOffset? Later(DateTimeOffset start, double? milliseconds, RowCheck check) =>
        milliseconds is > 0 and < 1e9 && check.Problem is null ? start.AddMilliseconds(milliseconds.Value) : null;

    private static CallStatus StatusOf(int? status) => status switch
    {
        null or (>= 200 and < 400) => CallStatus.Success,
        408 or 504 => CallStatus.Timeout,
        // Helicone's own numbers below 100: -1 no answer, -2 and -3 ended early or still under way.
        499 or -3 => CallStatus.Cancelled,
        _ => CallStatus.Error,
    };

    private static string Operation(ReadOnlySpan<byte> path) =>
        path.IndexOf("embeddings"u8) >= 0 ? "embeddings"
        : path.IndexOf("/images"u8) >= 0 ? "image_generation"
        : path.IndexOf("/completions"u8) >= 0 && path.IndexOf("chat"u8) < 0 ? "text_completion"
        : "chat";

    private static string? Property(JsonElement? properties, string[] names)
    {
        var text = JsonText.FirstInside(properties, names);
        return text.IsEmpty || text.Length > RowCheck.MaxTextLength ? null : Encoding.UTF8.GetString(text);
    }
}
