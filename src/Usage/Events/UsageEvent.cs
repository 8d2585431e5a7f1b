namespace Apex.Usage.Events;

/// <summary>
/// One recorded call of a model: the canonical row of the usage log. Token buckets are disjoint: the input total is the sum of
/// the <c>In*</c> fields and the output total the sum of the <c>Out*</c> fields. Times are UTC.
/// </summary>
public sealed record UsageEvent
{
    /// <summary>Stable for (tenant, source, source id): importing a row twice gives the same id.</summary>
    public required string EventId { get; init; }

    /// <summary>Format and origin of the row, for instance <c>aider</c> or <c>litellm</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The row's own id within its source; (tenant, source, source id) is unique in the log.</summary>
    public required string SourceId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? FirstTokenAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>OpenTelemetry operation name: <c>chat</c>, <c>text_completion</c>, <c>embeddings</c> …</summary>
    public string Operation { get; init; } = "chat";

    public string? Provider { get; init; }
    public string? RequestModel { get; init; }
    public string? ResponseModel { get; init; }
    public string? Deployment { get; init; }
    public string? Region { get; init; }
    public ServiceTier ServiceTier { get; init; }

    public long InUncached { get; init; }
    public long InCacheRead { get; init; }
    public long InCacheWrite5m { get; init; }
    public long InCacheWrite1h { get; init; }
    public long InAudio { get; init; }
    public long InImage { get; init; }
    public long OutVisible { get; init; }
    public long OutReasoning { get; init; }
    public long OutAudio { get; init; }

    public int? MaxOutputRequested { get; init; }
    public double? Temperature { get; init; }
    public double? TopP { get; init; }
    public long? Seed { get; init; }
    public bool? Stream { get; init; }
    public int? ChoiceCount { get; init; }

    public string? FinishReason { get; init; }
    public CallStatus Status { get; init; }
    public int? HttpStatus { get; init; }
    public string? ErrorType { get; init; }
    public int? Attempt { get; init; }
    public string? ParentEventId { get; init; }

    public string? UserId { get; init; }
    public string? EndUserId { get; init; }
    public string? TeamId { get; init; }
    public string? ApiKeyHash { get; init; }
    public string? Feature { get; init; }
    public string? Environment { get; init; }
    public IReadOnlyDictionary<string, string> Tags { get; init; } = EmptyTags;

    public string? ConversationId { get; init; }
    public string? TraceId { get; init; }
    public string? SpanId { get; init; }
    public int? Turn { get; init; }

    /// <summary>Salted per tenant; no text is kept.</summary>
    public string? PromptHash { get; init; }

    public string? PromptNormHash { get; init; }

    /// <summary>Hash ids of the prompt's blocks in order; the last block may be partial.</summary>
    public IReadOnlyList<long>? PrefixBlockHashes { get; init; }

    /// <summary>Tokens in a full block of <see cref="PrefixBlockHashes"/>.</summary>
    public int? BlockSize { get; init; }

    public IReadOnlyList<int>? MinHash { get; init; }
    public string? SystemHash { get; init; }
    public string? ToolsHash { get; init; }
    public int? ToolsTokens { get; init; }

    public int? ToolCallCount { get; init; }
    public bool? BatchableHint { get; init; }
    public double? DeadlineSeconds { get; init; }
    public double? QualityScore { get; init; }
    public string? Outcome { get; init; }

    /// <summary>What the source claimed the call cost, in the currency of <see cref="CostRecordedCurrency"/>.</summary>
    public NanoDollars? CostRecorded { get; init; }

    public string? CostRecordedCurrency { get; init; }
    public string? CostModelVersion { get; init; }

    /// <summary>What the price book says; null when no price is known. Recomputed when prices change.</summary>
    public NanoDollars? CostList { get; init; }

    /// <summary>List cost after contract discounts.</summary>
    public NanoDollars? CostEffective { get; init; }

    public string? PriceRowId { get; init; }

    /// <summary>Names of fields whose value was assumed, not read.</summary>
    public IReadOnlyList<string> AssumedFields { get; init; } = [];

    /// <summary>Data-quality flags set while importing, for instance <c>token_sum_mismatch</c>.</summary>
    public IReadOnlyList<string> QualityFlags { get; init; } = [];

    /// <summary>Flags that come from the price book, for instance <c>unpriced</c> or <c>cost_outlier</c>; repricing replaces them whole.</summary>
    public IReadOnlyList<string> PriceFlags { get; init; } = [];

    public long InputTotal => InUncached + InCacheRead + InCacheWrite5m + InCacheWrite1h + InAudio + InImage;

    public long OutputTotal => OutVisible + OutReasoning + OutAudio;

    /// <summary>The model a price is looked up by: the one that answered, else the one asked for.</summary>
    public string? Model => ResponseModel ?? RequestModel;

    private static readonly IReadOnlyDictionary<string, string> EmptyTags = new Dictionary<string, string>();
}

public enum ServiceTier
{
    Standard,
    Batch,
    Flex,
    Priority,
    Provisioned,
}

public enum CallStatus
{
    Success,
    Error,
    Timeout,
    Cancelled,
}
