namespace Apex.Usage.Query;

/// <summary>Names of the columns of the usage log, as stored, as scans choose them, and as evidence and rejected-row reports cite them.</summary>
public static class UsageColumns
{
    public const string EventId = "event_id";
    public const string Source = "source";
    public const string SourceId = "source_id";
    public const string StartedAt = "ts_start";
    public const string FirstTokenAt = "ts_first_token";
    public const string EndedAt = "ts_end";
    public const string Operation = "operation";
    public const string Provider = "provider";
    public const string RequestModel = "request_model";
    public const string ResponseModel = "response_model";
    public const string Deployment = "deployment";
    public const string Region = "region";
    public const string ServiceTier = "service_tier";
    public const string InUncached = "in_uncached";
    public const string InCacheRead = "in_cache_read";
    public const string InCacheWrite5m = "in_cache_write_5m";
    public const string InCacheWrite1h = "in_cache_write_1h";
    public const string InAudio = "in_audio";
    public const string InImage = "in_image";
    public const string OutVisible = "out_visible";
    public const string OutReasoning = "out_reasoning";
    public const string OutAudio = "out_audio";
    public const string MaxOutputRequested = "max_output_requested";
    public const string Temperature = "temperature";
    public const string TopP = "top_p";
    public const string Seed = "seed";
    public const string Stream = "stream";
    public const string ChoiceCount = "choice_count";
    public const string FinishReason = "finish_reason";
    public const string Status = "status";
    public const string HttpStatus = "http_status";
    public const string ErrorType = "error_type";
    public const string Attempt = "attempt";
    public const string ParentEventId = "parent_event_id";
    public const string UserId = "user_id";
    public const string EndUserId = "end_user_id";
    public const string TeamId = "team_id";
    public const string ApiKeyHash = "api_key_hash";
    public const string Feature = "feature";
    public const string Environment = "environment";
    public const string Tags = "tags";
    public const string ConversationId = "conversation_id";
    public const string TraceId = "trace_id";
    public const string SpanId = "span_id";
    public const string Turn = "turn";
    public const string PromptHash = "prompt_hash";
    public const string PromptNormHash = "prompt_norm_hash";
    public const string PrefixBlockHashes = "prefix_block_hashes";
    public const string BlockSize = "block_size";
    public const string MinHash = "minhash";
    public const string SystemHash = "system_hash";
    public const string ToolsHash = "tools_hash";
    public const string ToolsTokens = "tools_tokens";
    public const string ToolCallCount = "tool_call_count";
    public const string BatchableHint = "batchable_hint";
    public const string DeadlineSeconds = "deadline_s";
    public const string QualityScore = "quality_score";
    public const string Outcome = "outcome";
    public const string CostRecorded = "cost_recorded";
    public const string CostRecordedCurrency = "cost_recorded_currency";
    public const string CostModelVersion = "cost_model_version";
    public const string CostList = "cost_list";
    public const string CostEffective = "cost_effective";
    public const string PriceRowId = "price_row_id";
    public const string AssumedFields = "assumed_fields";
    public const string QualityFlags = "dq_flags";
    public const string PriceFlags = "price_flags";

    /// <summary>Both names a model's price is looked up by.</summary>
    public static IReadOnlyList<string> Model { get; } = [RequestModel, ResponseModel];

    /// <summary>The disjoint buckets that input and output totals are sums of.</summary>
    public static IReadOnlyList<string> Tokens { get; } =
        [InUncached, InCacheRead, InCacheWrite5m, InCacheWrite1h, InAudio, InImage, OutVisible, OutReasoning, OutAudio];

    /// <summary>Everything a call's price depends on.</summary>
    public static IReadOnlyList<string> Pricing { get; } = [.. Model, Provider, ServiceTier, .. Tokens, QualityFlags];

    /// <summary>Columns whose coverage the data-quality tool reports, in reading order.</summary>
    public static IReadOnlyList<string> Coverage { get; } =
    [
        RequestModel, ResponseModel, Provider, FirstTokenAt, EndedAt, Status, FinishReason, UserId, TeamId, Feature, Environment,
        ConversationId, TraceId, PromptHash, PrefixBlockHashes, CostRecorded, CostList, QualityScore,
    ];
}
