namespace Apex.Usage.Query;

/// <summary>Names of the columns of the usage log, as stored, and as evidence and rejected-row reports cite them.</summary>
public static class UsageColumns
{
    public const string FirstTokenAt = "ts_first_token";
    public const string EndedAt = "ts_end";
    public const string Provider = "provider";
    public const string RequestModel = "request_model";
    public const string ResponseModel = "response_model";
    public const string Status = "status";
    public const string FinishReason = "finish_reason";
    public const string UserId = "user_id";
    public const string TeamId = "team_id";
    public const string Feature = "feature";
    public const string Environment = "environment";
    public const string ConversationId = "conversation_id";
    public const string TraceId = "trace_id";
    public const string PromptHash = "prompt_hash";
    public const string PrefixBlockHashes = "prefix_block_hashes";
    public const string CostRecorded = "cost_recorded";
    public const string CostList = "cost_list";
    public const string QualityScore = "quality_score";
    public const string InCacheRead = "in_cache_read";

    /// <summary>Columns whose coverage the data-quality tool reports, in reading order.</summary>
    public static IReadOnlyList<string> Coverage { get; } =
    [
        RequestModel, ResponseModel, Provider, FirstTokenAt, EndedAt, Status, FinishReason, UserId, TeamId, Feature, Environment,
        ConversationId, TraceId, PromptHash, PrefixBlockHashes, CostRecorded, CostList, QualityScore,
    ];
}
