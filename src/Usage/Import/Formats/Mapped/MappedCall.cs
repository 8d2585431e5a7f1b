using System.Text;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Mapped;

/// <summary>A call from a row of any kind, read by a column mapping.</summary>
/// <param name="valueOf">The row's value by the file's own name for it; empty when there is none.</param>
internal sealed class MappedCall(RowOrigin origin, ColumnMapping mapping, MappedCall.ValueOf valueOf)
{
    internal delegate ReadOnlySpan<byte> ValueOf(string column);

    private readonly string[] tags =
        [.. mapping.Columns.Keys.Concat(mapping.Constants.Keys).Where(MappedFields.IsTag).Order(StringComparer.Ordinal)];

    private readonly string[] assumedFields = [.. mapping.Constants.Keys.Order(StringComparer.Ordinal)];

    public static string NameOf(ColumnMapping mapping) => $"{ImportFormats.Csv} ({mapping.Name})";

    public static IReadOnlyList<string> AssumptionsOf(ColumnMapping mapping) =>
        [.. mapping.Constants.Select(constant => $"Every row's {constant.Key} is taken to be {constant.Value}, as the mapping says.")];

    public UsageEvent? Read(ReadOnlyMemory<byte> record, RowCheck check)
    {
        var counts = Counts(check);
        var start = check.Start(Column("ts_start"), Bytes("ts_start"), mapping.TimeUnit);
        var span = CallSpan.Of(start, Time("ts_first_token", check), Time("ts_end", check) ?? Duration(start, check));
        var request = ModelName.Read(Text("request_model", check));
        var response = ModelName.Read(Text("response_model", check));
        var money = RecordedMoney.From(check.OptionalMoney(Column("cost"), Bytes("cost")), mapping.Currency);
        var status = Status(check);
        var ownId = Text("source_id", check);
        var call = new UsageEvent
        {
            EventId = "",
            Source = origin.Source,
            SourceId = "",
            StartedAt = span.Start,
            FirstTokenAt = span.FirstToken,
            EndedAt = span.End,
            Operation = Text("operation", check) ?? "chat",
            Provider = Text("provider", check) ?? response.Provider ?? request.Provider,
            RequestModel = request.Model,
            ResponseModel = response.Model,
            Deployment = Text("deployment", check),
            Region = Text("region", check),
            ServiceTier = ServiceTiers.Read(Text("service_tier", check) ?? ""),
            InCacheRead = counts.CacheRead,
            InCacheWrite5m = counts.CacheWrite5m,
            InCacheWrite1h = counts.CacheWrite1h,
            FinishReason = Text("finish_reason", check),
            Status = status,
            HttpStatus = check.OptionalInt(Column("http_status"), Bytes("http_status")),
            ErrorType = Text("error_type", check),
            UserId = Text("user_id", check),
            EndUserId = Text("end_user_id", check),
            TeamId = Text("team_id", check),
            ApiKeyHash = TenantHash.OfKey(origin.Tenant, Text("api_key", check)),
            Feature = Text("feature", check),
            Environment = Text("environment", check),
            Tags = Tags(check),
            ConversationId = Text("conversation_id", check),
            TraceId = Text("trace_id", check),
            SpanId = Text("span_id", check),
            Turn = check.OptionalInt(Column("turn"), Bytes("turn")),
            PromptHash = Text("prompt_hash", check),
            QualityScore = check.OptionalNumber(Column("quality_score"), Bytes("quality_score")),
            Outcome = Text("outcome", check),
            CostRecorded = money.Amount,
            CostRecordedCurrency = money.Currency,
            AssumedFields = assumedFields,
        };
        if (check.Problem is not null)
            return null;

        var buckets = TokenBuckets.From(counts);
        var modelFlag = call.Model is null ? QualityFlags.ModelMissing : response.Model is null ? request.Flag : response.Flag;
        var (eventId, sourceId, isRepeat) = ownId is null ? origin.Identify(record.Span) : (origin.EventId(ownId), ownId, false);
        return call with
        {
            EventId = eventId,
            SourceId = sourceId,
            InUncached = buckets.InUncached,
            OutVisible = buckets.OutVisible,
            OutReasoning = buckets.OutReasoning,
            QualityFlags = Flags.Of(
                buckets.Flag, buckets.IsUnusable ? QualityFlags.ExcludedFromMoney : null, span.Flag, modelFlag, money.Flag,
                isRepeat ? QualityFlags.IdenticalRow : null),
        };
    }

    private TokenCounts Counts(RowCheck check) => new()
    {
        Input = check.RequiredTokens(Column("input_tokens"), Bytes("input_tokens")),
        Output = check.RequiredTokens(Column("output_tokens"), Bytes("output_tokens")),
        CacheRead = check.Tokens(Column("cache_read_tokens"), Bytes("cache_read_tokens")),
        CacheWrite5m = check.Tokens(Column("cache_write_5m_tokens"), Bytes("cache_write_5m_tokens")),
        CacheWrite1h = check.Tokens(Column("cache_write_1h_tokens"), Bytes("cache_write_1h_tokens")),
        Reasoning = check.Tokens(Column("reasoning_tokens"), Bytes("reasoning_tokens")),
        Total = check.OptionalTokens(Column("total_tokens"), Bytes("total_tokens")),
        InputIncludesCached = !mapping.InputExcludesCached,
    };

    /// <summary>Rejections name the file's column, which is what its owner knows.</summary>
    private string Column(string field) => mapping.Columns.GetValueOrDefault(field, field);

    private ReadOnlySpan<byte> Bytes(string field) => mapping.Columns.TryGetValue(field, out var column) ? valueOf(column).Trim(" \t"u8) : default;

    private string? Text(string field, RowCheck check) =>
        mapping.Constants.TryGetValue(field, out var constant) ? constant : check.OptionalText(Column(field), Bytes(field));

    private DateTimeOffset? Time(string field, RowCheck check) =>
        check.OptionalTime(Column(field), Bytes(field), mapping.TimeUnit);

    private DateTimeOffset? Duration(DateTimeOffset start, RowCheck check)
    {
        // A duration no clock can add is left to the rule for impossible ends.
        var milliseconds = check.OptionalNumber(Column("duration_ms"), Bytes("duration_ms"));
        return milliseconds is { } length && check.Problem is null ? start.AddMilliseconds(Math.Clamp(length, -1e9, 1e9)) : null;
    }

    private CallStatus Status(RowCheck check)
    {
        var text = Bytes("status");
        switch (Encoding.UTF8.GetString(text).ToLowerInvariant())
        {
            case "" or "success" or "ok" or "succeeded" or "completed" or "200":
                return CallStatus.Success;
            case "error" or "failure" or "failed":
                return CallStatus.Error;
            case "timeout":
                return CallStatus.Timeout;
            case "cancelled" or "canceled":
                return CallStatus.Cancelled;
            default:
                check.Reject(Column("status"), text, "not one of success, error, timeout, cancelled");
                return CallStatus.Success;
        }
    }

    private Dictionary<string, string> Tags(RowCheck check)
    {
        var values = new Dictionary<string, string>(tags.Length);
        foreach (var field in tags)
        {
            if (Text(field, check) is { } value)
                values[field[MappedFields.TagPrefix.Length..]] = value;
        }

        return values;
    }
}
