using System.Globalization;
using System.Text;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>
/// Makes calls of spans, by the names of OpenTelemetry's conventions for generative AI, of their older versions, and of
/// OpenInference. Spans of agents, workflows and tools sum up the calls below them and are passed over, else each call would be
/// counted again with every level above it.
/// </summary>
internal sealed class SpanCalls(RowOrigin origin)
{
    private const ulong NanosPerMicrosecond = 1_000;
    private const int MaxTags = 32;
    private const int MaxTagBytes = 256;

    private static readonly string[] InputNames =
        ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens"];

    private static readonly string[] OutputNames =
        ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens"];

    private static readonly string[] ModelNames =
    [
        "gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "llm.response.model_name", "llm.request.model",
        "embedding.model_name",
    ];

    public static readonly IReadOnlyList<string> Assumptions =
        ["Input tokens include cached ones, as the conventions say, unless a total proves otherwise."];

    /// <summary>Gives the span's call to <paramref name="calls"/>, or passes it over when it is none.</summary>
    public void Read(ModelSpan span, CallSink calls)
    {
        if (IsCall(span.Attributes))
            calls.Take(ToCall(span, calls.Check));
        else
            calls.Skip();
    }

    private static bool IsCall(SpanAttributes attributes)
    {
        if (attributes["openinference.span.kind"] is { IsEmpty: false } kind && !Is(kind, "LLM"u8) && !Is(kind, "EMBEDDING"u8))
            return false;
        if (attributes["gen_ai.operation.name"] is { IsEmpty: false } operation && OperationOf(operation) is null)
            return false;
        return !attributes.First(InputNames).IsEmpty || !attributes.First(OutputNames).IsEmpty
            || (!attributes.First(ModelNames).IsEmpty && (!attributes["gen_ai.operation.name"].IsEmpty || Is(attributes["openinference.span.kind"], "LLM"u8)));
    }

    private UsageEvent? ToCall(ModelSpan span, RowCheck check)
    {
        var attributes = span.Attributes;
        var start = Start(span, check);
        var end = span.EndNanos == 0 ? (DateTimeOffset?)null : Moment(span.EndNanos);
        var provider = check.OptionalText(
            "gen_ai.provider.name", attributes.First("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"));
        var counts = Counts(attributes, provider, check);
        var money = RecordedMoney.From(
            check.OptionalMoney("cost", attributes.First("gen_ai.usage.cost", "gen_ai.cost.usd", "llm.cost.total", "llm.usage.cost")), null);
        var sampling = SpanSampling.Read(attributes, check);
        var responseId = check.OptionalText("gen_ai.response.id", attributes["gen_ai.response.id"]);
        var request = ModelName.Read(check.OptionalText(
            "gen_ai.request.model", attributes.First("gen_ai.request.model", "llm.request.model", "llm.model_name", "embedding.model_name")));
        var response = attributes.First("gen_ai.response.model", "llm.response.model_name");
        var answered = response.IsEmpty ? default : ModelName.Read(check.OptionalText("gen_ai.response.model", response));
        if (check.Problem is not null)
            return null;
        if (span.SpanId.Length == 0 && responseId is null)
        {
            check.Reject("spanId", default, "missing");
            return null;
        }

        var parts = new CallParts
        {
            // Libraries above one another each report the same answer; its id makes them one call.
            OwnId = responseId ?? $"{span.TraceId}:{span.SpanId}",
            Span = CallSpan.Of(start, FirstToken(start, attributes, check), end),
            Counts = counts,
            Request = request,
            Response = answered,
            Provider = provider,
            Money = money,
        };
        var row = parts.ToRow(origin, default);
        return check.Problem is not null ? null : row with
        {
            Operation = OperationOf(attributes["gen_ai.operation.name"]) ?? "chat",
            ServiceTier = ServiceTiers.Read(attributes.Label("gen_ai.openai.response.service_tier", "openai.response.service_tier",
                "gen_ai.openai.request.service_tier", "openai.request.service_tier", "gen_ai.request.service_tier") ?? ""),
            MaxOutputRequested = sampling.MaxTokens,
            Temperature = sampling.Temperature,
            TopP = sampling.TopP,
            Seed = sampling.Seed,
            Stream = sampling.Stream,
            ChoiceCount = sampling.Choices,
            FinishReason = FinishReason(attributes["gen_ai.response.finish_reasons"]),
            Status = Status(span),
            ErrorType = attributes.Label("error.type"),
            HttpStatus = HttpStatus(attributes.First("http.response.status_code", "http.status_code")),
            UserId = attributes.Label("user.id", "enduser.id", "gen_ai.user.id") ?? span.Resource.Label("user.id"),
            TeamId = attributes.Label("team.id") ?? span.Resource.Label("team.id"),
            Feature = attributes.Label("feature", "app.feature") ?? span.Resource.Label("service.name"),
            Environment = span.Resource.Label("deployment.environment.name", "deployment.environment"),
            Region = attributes.Label("cloud.region") ?? span.Resource.Label("cloud.region"),
            Deployment = attributes.Label("gen_ai.azure.deployment", "az.deployment"),
            ConversationId = attributes.Label("gen_ai.conversation.id", "session.id"),
            TraceId = span.TraceId.Length == 0 ? null : span.TraceId,
            SpanId = span.SpanId.Length == 0 ? null : span.SpanId,
            PromptHash = attributes.PromptHash,
            Tags = Tags(attributes),
        };
    }

    private static DateTimeOffset Start(ModelSpan span, RowCheck check)
    {
        if (span.StartNanos == 0)
        {
            check.Reject("startTimeUnixNano", default, "missing");
            return default;
        }

        var start = Moment(span.StartNanos);
        check.CheckStart("startTimeUnixNano", Encoding.UTF8.GetBytes(span.StartNanos.ToString(CultureInfo.InvariantCulture)), start);
        return start;
    }

    private static DateTimeOffset Moment(ulong nanos) =>
        DateTimeOffset.UnixEpoch.AddTicks((long)(nanos / NanosPerMicrosecond) * TimeSpan.TicksPerMicrosecond);

    private static DateTimeOffset? FirstToken(DateTimeOffset start, SpanAttributes attributes, RowCheck check)
    {
        var seconds = check.OptionalNumber("gen_ai.response.time_to_first_chunk",
            attributes.First("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token"));
        return seconds is >= 0 and < 1e6 && check.Problem is null ? start.AddSeconds(seconds.Value) : null;
    }

    private static TokenCounts Counts(SpanAttributes attributes, string? provider, RowCheck check) => new()
    {
        Input = check.Tokens("gen_ai.usage.input_tokens", attributes.First(InputNames)),
        Output = check.Tokens("gen_ai.usage.output_tokens", attributes.First(OutputNames)),
        Total = check.OptionalTokens("total_tokens",
            attributes.First("gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens")),
        CacheRead = check.Tokens("gen_ai.usage.cache_read.input_tokens", attributes.First(
            "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cached_input_tokens",
            "gen_ai.usage.input_tokens.cached", "llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input")),
        CacheWrite5m = check.Tokens("gen_ai.usage.cache_creation.input_tokens", attributes.First(
            "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens",
            "llm.token_count.prompt_details.cache_write")),
        AudioInput = check.Tokens("llm.token_count.prompt_details.audio", attributes["llm.token_count.prompt_details.audio"]),
        Reasoning = check.Tokens("gen_ai.usage.reasoning.output_tokens", attributes.First(
            "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", "gen_ai.usage.output_tokens.reasoning",
            "llm.token_count.completion_details.reasoning")),
        AudioOutput = check.Tokens("llm.token_count.completion_details.audio", attributes["llm.token_count.completion_details.audio"]),
        InputIncludesCached = true,
        IsAnthropic = provider is not null && provider.Contains("anthropic", StringComparison.OrdinalIgnoreCase),
    };

    /// <returns>Null for what is no call of a model.</returns>
    private static string? OperationOf(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name).ToLowerInvariant() switch
    {
        "" or "chat" or "generate_content" or "completion" or "message" or "responses" => "chat",
        "text_completion" => "text_completion",
        "embeddings" or "embedding" => "embeddings",
        "image_generation" => "image_generation",
        "transcription" => "transcription",
        "speech" => "speech",
        "rerank" => "rerank",
        _ => null,
    };

    /// <summary>A list, written as JSON or as the one element it nearly always has.</summary>
    private static string? FinishReason(ReadOnlySpan<byte> reasons)
    {
        var first = reasons.Trim("[]\" "u8);
        var end = first.IndexOfAny("\","u8);
        first = end < 0 ? first : first[..end];
        return first.IsEmpty ? null : Encoding.UTF8.GetString(first);
    }

    private static CallStatus Status(ModelSpan span)
    {
        var error = span.Attributes.Label("error.type") ?? (span.IsError ? span.StatusMessage : null);
        if (error is null)
            return CallStatus.Success;
        if (error.Contains("timeout", StringComparison.OrdinalIgnoreCase) || error.Contains("deadline", StringComparison.OrdinalIgnoreCase))
            return CallStatus.Timeout;
        return error.Contains("cancel", StringComparison.OrdinalIgnoreCase) ? CallStatus.Cancelled : CallStatus.Error;
    }

    private static int? HttpStatus(ReadOnlySpan<byte> text) => int.TryParse(text, out var code) && code is >= 100 and <= 599 ? code : null;

    /// <summary>The user's own attributes: those outside the conventions' name spaces, if they are short.</summary>
    private static Dictionary<string, string> Tags(SpanAttributes attributes)
    {
        var tags = new Dictionary<string, string>();
        foreach (var (name, value) in attributes.All)
        {
            if (tags.Count < MaxTags && value.Length <= MaxTagBytes && !IsConvention(name))
                tags.Add(name, Encoding.UTF8.GetString(value));
        }

        return tags;
    }

    private static bool IsConvention(string name)
    {
        ReadOnlySpan<string> prefixes =
            ["gen_ai.", "llm.", "openinference.", "input.", "output.", "http.", "server.", "network.", "url.", "error.", "openai.", "embedding.", "telemetry."];
        foreach (var prefix in prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }

        return name is "user.id" or "session.id" or "feature" or "team.id" or "metadata";
    }

    private static bool Is(ReadOnlySpan<byte> value, ReadOnlySpan<byte> expected) => Ascii.EqualsIgnoreCase(value, expected);
}
