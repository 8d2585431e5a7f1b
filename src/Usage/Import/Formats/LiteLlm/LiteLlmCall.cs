using System.Text;
using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.LiteLlm;

/// <summary>
/// One call from a row of LiteLLM's spend log, or of its logging payload, which names some things otherwise. Usage is read from
/// the figures and never from the flag <c>cache_hit</c>, which is unreliable.
/// </summary>
internal sealed class LiteLlmCall(RowOrigin origin) : NamedCallReader
{
    public static readonly string[] Columns = ["request_id", "startTime", "model", "prompt_tokens", "completion_tokens"];

    public override string Format => ImportFormats.LiteLlm;

    public override IReadOnlyList<string> RequiredColumns => Columns;

    public override IReadOnlyList<string> Assumptions =>
        ["Where a row has no total, prompt tokens are taken to include cached ones, as current LiteLLM versions write them."];

    public override UsageEvent? Read(NamedRow row, ReadOnlySpan<byte> record, RowCheck check)
    {
        var metadata = row.Json("metadata");
        var parameters = row.Json("model_parameters");
        var name = ModelName.Read(check.OptionalText("model", row.Text("model")));
        var provider = check.OptionalText("custom_llm_provider", row.Text("custom_llm_provider")) ?? name.Provider;
        var counts = LiteLlmTokens.Read(row, metadata, provider, check);
        var recorded = RecordedMoney.From(check.OptionalMoney("spend", row.FirstText("spend", "response_cost")), currency: null);
        var span = CallSpan.Of(Start(row, check), FirstToken(row, check), Time(row, "endTime", check));
        var requestId = check.OptionalText("request_id", row.FirstText("request_id", "id"));
        var error = row.Json("error_information") ?? JsonText.ObjectInside(metadata, "error_information");
        var errorType = check.OptionalText("error_class", JsonText.Inside(error, "error_class"));
        var status = Status(row, metadata, errorType);
        var tags = LiteLlmTags.Read(row);
        var sampling = LiteLlmSampling.Read(parameters, row, check);
        if (check.Problem is not null)
            return null;

        var buckets = TokenBuckets.From(counts);
        var (eventId, sourceId, isRepeat) = requestId is null
            ? origin.Identify(record)
            : (origin.EventId(requestId), requestId, false);
        return new UsageEvent
        {
            EventId = eventId,
            Source = origin.Source,
            SourceId = sourceId,
            StartedAt = span.Start,
            FirstTokenAt = span.FirstToken,
            EndedAt = span.End,
            Operation = Operation(row.Text("call_type")),
            Provider = provider,
            RequestModel = Text(row.Text("model_group")) ?? name.Model,
            ResponseModel = name.Model,
            Deployment = Text(row.Text("model_id")),
            ServiceTier = sampling.Tier,
            InUncached = buckets.InUncached,
            InCacheRead = counts.CacheRead,
            InCacheWrite5m = counts.CacheWrite5m,
            InCacheWrite1h = counts.CacheWrite1h,
            InAudio = counts.AudioInput,
            InImage = counts.ImageInput,
            OutVisible = buckets.OutVisible,
            OutReasoning = buckets.OutReasoning,
            OutAudio = Math.Min(counts.AudioOutput, counts.Output),
            MaxOutputRequested = sampling.MaxTokens,
            Temperature = sampling.Temperature,
            TopP = sampling.TopP,
            Seed = sampling.Seed,
            Stream = sampling.Stream,
            ChoiceCount = sampling.Choices,
            Status = status,
            HttpStatus = HttpStatus(error),
            ErrorType = errorType,
            UserId = Text(row.Text("user")) ?? Text(JsonText.Inside(metadata, "user_api_key_user_id")),
            EndUserId = Text(row.Text("end_user")),
            TeamId = Text(row.Text("team_id")) ?? Text(JsonText.Inside(metadata, "user_api_key_team_id")),
            ApiKeyHash = TenantHash.OfKey(
                origin.Tenant, Text(row.Text("api_key")) ?? Text(JsonText.Inside(metadata, "user_api_key_hash"))),
            Feature = tags.GetValueOrDefault("feature"),
            Environment = tags.GetValueOrDefault("environment"),
            Tags = tags,
            ConversationId = Text(row.Text("session_id")),
            TraceId = Text(row.Text("trace_id")),
            PromptHash = row.Json("messages") is { } messages ? TenantHash.OfPrompt(origin.Tenant, messages) : null,
            CostRecorded = recorded.Amount,
            CostRecordedCurrency = recorded.Currency,
            QualityFlags = Flags.Of(
                buckets.Flag, buckets.IsUnusable ? QualityFlags.ExcludedFromMoney : null, span.Flag, name.Flag, recorded.Flag,
                isRepeat ? QualityFlags.IdenticalRow : null),
        };
    }

    private static DateTimeOffset Start(NamedRow row, RowCheck check)
    {
        var text = row.Text("startTime");
        return check.Start("startTime", text, Unit(text));
    }

    private static DateTimeOffset? Time(NamedRow row, string field, RowCheck check)
    {
        var text = row.Text(field);
        return check.OptionalTime(field, text, Unit(text));
    }

    /// <summary>Of an answer that was not streamed, LiteLLM writes the end as the first token's time.</summary>
    private static DateTimeOffset? FirstToken(NamedRow row, RowCheck check) =>
        row.Text("completionStartTime").SequenceEqual(row.Text("endTime")) ? null : Time(row, "completionStartTime", check);

    // The spend log writes dates, the logging payload seconds since 1970.
    private static TimeUnit Unit(ReadOnlySpan<byte> text) =>
        RowCheck.TryDecimal(text, out _) ? TimeUnit.UnixSeconds : TimeUnit.Iso;

    private static string Operation(ReadOnlySpan<byte> callType) => Encoding.UTF8.GetString(callType) switch
    {
        "" or "completion" or "acompletion" or "anthropic_messages" or "responses" or "aresponses" => "chat",
        "text_completion" or "atext_completion" => "text_completion",
        "embedding" or "aembedding" => "embeddings",
        "image_generation" or "aimage_generation" => "image_generation",
        "transcription" or "atranscription" => "transcription",
        "speech" or "aspeech" => "speech",
        var other => other,
    };

    private static CallStatus Status(NamedRow row, JsonElement? metadata, string? errorType)
    {
        var status = row.Text("status");
        if (status.IsEmpty)
            status = JsonText.Inside(metadata, "status");
        if (!status.SequenceEqual("failure"u8) && errorType is null)
            return CallStatus.Success;
        return errorType is not null && errorType.Contains("Timeout", StringComparison.OrdinalIgnoreCase)
            ? CallStatus.Timeout
            : CallStatus.Error;
    }

    private static int? HttpStatus(JsonElement? error) =>
        int.TryParse(JsonText.Inside(error, "error_code"), out var code) && code is >= 100 and <= 599 ? code : null;

    /// <summary>Attribution is worth having but not worth a row: what is too long is left out.</summary>
    private static string? Text(ReadOnlySpan<byte> text) =>
        text.IsEmpty || text.Length > RowCheck.MaxTextLength ? null : Encoding.UTF8.GetString(text);
}
