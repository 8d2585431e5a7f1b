namespace Apex.Usage.Import;

/// <summary>Fields a <see cref="ColumnMapping"/> can fill. Token fields are counts, <c>cost</c> is whole currency units.</summary>
public static class MappedFields
{
    public const string TagPrefix = "tags.";

    public static IReadOnlyList<string> Required { get; } = ["ts_start", "input_tokens", "output_tokens"];

    /// <summary>Texts that are stored as they stand; these may be constants.</summary>
    public static IReadOnlyList<string> Texts { get; } =
    [
        "operation", "provider", "request_model", "response_model", "deployment", "region", "service_tier", "finish_reason",
        "error_type", "user_id", "end_user_id", "team_id", "feature", "environment", "conversation_id", "trace_id", "span_id",
        "prompt_hash", "outcome",
    ];

    public static IReadOnlyList<string> All { get; } =
    [
        .. Required, "ts_first_token", "ts_end", "duration_ms", "source_id", "cache_read_tokens", "cache_write_5m_tokens",
        "cache_write_1h_tokens", "reasoning_tokens", "total_tokens", "cost", "status", "http_status", "turn", "quality_score",
        "api_key", .. Texts,
    ];

    public static bool Has(string field) => All.Contains(field) || IsTag(field);

    public static bool TakesConstant(string field) => Texts.Contains(field) || IsTag(field);

    internal static bool IsTag(string field) => field.Length > TagPrefix.Length && field.StartsWith(TagPrefix, StringComparison.Ordinal);
}
