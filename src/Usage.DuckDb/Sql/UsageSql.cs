using Apex.Usage.Query;

namespace Apex.Usage.DuckDb.Sql;

/// <summary>What the words of the query model are in SQL over <c>usage_event</c>. Only text from here gets into a statement.</summary>
internal static class UsageSql
{
    internal const string InputTotal =
        "(in_uncached + in_cache_read + in_cache_write_5m + in_cache_write_1h + in_audio + in_image)";

    internal const string OutputTotal = "(out_visible + out_reasoning + out_audio)";

    /// <summary>Recorded cost where it is in US dollars; other currencies cannot be added to it.</summary>
    internal const string RecordedDollars = "(CASE WHEN coalesce(cost_recorded_currency, 'USD') = 'USD' THEN cost_recorded END)";

    /// <summary>Columns that may lack a value, by the name that evidence and reports cite.</summary>
    private static readonly HashSet<string> NullableColumns = new(StringComparer.Ordinal)
    {
        "ts_first_token", "ts_end", "provider", "request_model", "response_model", "deployment", "region",
        "max_output_requested", "temperature", "top_p", "seed", "stream", "choice_count", "finish_reason", "status", "http_status",
        "error_type", "attempt", "parent_event_id", "user_id", "end_user_id", "team_id", "api_key_hash", "feature", "environment",
        "conversation_id", "trace_id", "span_id", "turn", "prompt_hash", "prompt_norm_hash", "prefix_block_hashes", "block_size",
        "minhash", "system_hash", "tools_hash", "tools_tokens", "tool_call_count", "batchable_hint", "deadline_s", "quality_score",
        "outcome", "cost_recorded", "cost_list", "cost_effective", "price_row_id",
    };

    private static readonly HashSet<string> CountColumns = new(StringComparer.Ordinal)
    {
        "in_uncached", "in_cache_read", "in_cache_write_5m", "in_cache_write_1h", "in_audio", "in_image",
        "out_visible", "out_reasoning", "out_audio",
    };

    /// <summary>A condition that holds where the row has a value in the column; a token bucket has one when it is not 0.</summary>
    /// <exception cref="ArgumentException">No such column.</exception>
    internal static string HasValue(string? column)
    {
        if (column is not null && NullableColumns.Contains(column))
            return $"{column} IS NOT NULL";
        if (column is not null && CountColumns.Contains(column))
            return $"{column} <> 0";

        throw new ArgumentException(
            $"'{column}' is no column of the usage log whose presence can be asked for; there are: " +
            $"{string.Join(", ", NullableColumns.Concat(CountColumns).Order(StringComparer.Ordinal))}.", nameof(column));
    }

    /// <summary>What rows are grouped by; cheap to compute per row, unlike its text.</summary>
    internal static string Key(Dimension dimension) => dimension switch
    {
        Dimension.Model => "coalesce(response_model, request_model)",
        Dimension.RequestModel => "request_model",
        Dimension.Provider => "provider",
        Dimension.Source => "source",
        Dimension.Operation => "operation",
        Dimension.ServiceTier => "service_tier",
        Dimension.Status => "status",
        Dimension.ErrorType => "error_type",
        Dimension.FinishReason => "finish_reason",
        Dimension.User => "user_id",
        Dimension.EndUser => "end_user_id",
        Dimension.Team => "team_id",
        Dimension.ApiKey => "api_key_hash",
        Dimension.Feature => "feature",
        Dimension.Environment => "environment",
        Dimension.Region => "region",
        Dimension.Deployment => "deployment",
        Dimension.Conversation => "conversation_id",
        Dimension.Trace => "trace_id",
        Dimension.Turn => "turn",
        Dimension.Attempt => "attempt",
        Dimension.HttpStatus => "http_status",
        Dimension.Outcome => "outcome",
        Dimension.Streamed => "stream",
        Dimension.PromptHash => "prompt_hash",
        Dimension.SystemHash => "system_hash",
        Dimension.ToolsHash => "tools_hash",
        Dimension.PriceRow => "price_row_id",
        Dimension.RecordedTwice => "recorded_twice",
        Dimension.Minute => "date_trunc('minute', ts_start)",
        Dimension.Hour => "date_trunc('hour', ts_start)",
        Dimension.Day => "date_trunc('day', ts_start)",
        Dimension.Week => "date_trunc('week', ts_start)",
        Dimension.Month => "date_trunc('month', ts_start)",
        Dimension.Weekday => "isodow(ts_start)",
        Dimension.HourOfDay => "hour(ts_start)",
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "Unknown dimension."),
    };

    /// <summary>The key as the answer shows it.</summary>
    internal static string KeyText(Dimension dimension, string key) => dimension switch
    {
        Dimension.Minute => $"strftime({key}, '%Y-%m-%dT%H:%MZ')",
        Dimension.Hour => $"strftime({key}, '%Y-%m-%dT%H:00Z')",
        Dimension.Day or Dimension.Week => $"strftime({key}, '%Y-%m-%d')",
        Dimension.Month => $"strftime({key}, '%Y-%m')",
        Dimension.Weekday or Dimension.Turn or Dimension.Attempt or Dimension.HttpStatus or Dimension.Streamed or
            Dimension.RecordedTwice =>
            $"CAST({key} AS VARCHAR)",
        Dimension.HourOfDay => $"lpad(CAST({key} AS VARCHAR), 2, '0')",
        _ => key,
    };

    /// <summary>True where every row has the key: comparing it needs no thought of missing values, and the engine can skip blocks by it.</summary>
    internal static bool IsAlwaysThere(Dimension dimension) =>
        dimension is Dimension.Source or Dimension.Operation or Dimension.ServiceTier or Dimension.Status;

    /// <summary>True where the value is a whole number, which sums exactly.</summary>
    internal static bool IsWhole(RowValue value) =>
        value is not (RowValue.DurationMs or RowValue.FirstTokenMs or RowValue.OutputTokenMs or RowValue.OutputTokensPerSecond
            or RowValue.QualityScore);

    internal static string Value(RowValue value) => value switch
    {
        RowValue.InputTokens => InputTotal,
        RowValue.OutputTokens => OutputTotal,
        RowValue.UncachedInputTokens => "in_uncached",
        RowValue.CacheReadTokens => "in_cache_read",
        RowValue.CacheWrite5mTokens => "in_cache_write_5m",
        RowValue.CacheWrite1hTokens => "in_cache_write_1h",
        RowValue.InputAudioTokens => "in_audio",
        RowValue.InputImageTokens => "in_image",
        RowValue.VisibleOutputTokens => "out_visible",
        RowValue.ReasoningTokens => "out_reasoning",
        RowValue.OutputAudioTokens => "out_audio",
        RowValue.TotalTokens => $"({InputTotal} + {OutputTotal})",
        RowValue.MaxOutputRequested => "max_output_requested",
        RowValue.ToolsTokens => "tools_tokens",
        RowValue.ToolCalls => "tool_call_count",
        RowValue.CostNano => "cost_effective",
        RowValue.ListCostNano => "cost_list",
        RowValue.RecordedCostNano => RecordedDollars,
        RowValue.DurationMs => "((epoch_us(ts_end) - epoch_us(ts_start)) / 1000.0)",
        RowValue.FirstTokenMs => "((epoch_us(ts_first_token) - epoch_us(ts_start)) / 1000.0)",
        RowValue.OutputTokenMs =>
            $"(CASE WHEN {OutputTotal} >= 2 THEN (epoch_us(ts_end) - epoch_us(ts_first_token)) / 1000.0 / ({OutputTotal} - 1) END)",
        RowValue.QualityScore => "quality_score",
        RowValue.OutputTokensPerSecond =>
            $"(CASE WHEN ts_end > ts_start THEN {OutputTotal} * 1000000.0 / (epoch_us(ts_end) - epoch_us(ts_start)) END)",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Unknown row value."),
    };
}
