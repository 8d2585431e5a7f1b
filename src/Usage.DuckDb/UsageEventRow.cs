using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;

namespace Apex.Usage.DuckDb;

/// <summary>One row of <c>usage_event</c>, written and read in the order of the table's columns.</summary>
internal static class UsageEventRow
{
    /// <summary>Columns that <see cref="Read"/> expects, in order.</summary>
    internal const string ReadColumns =
        """
        row_no, event_id, source, source_id, ts_start, ts_first_token, ts_end,
        operation, provider, request_model, response_model, deployment, region, service_tier,
        in_uncached, in_cache_read, in_cache_write_5m, in_cache_write_1h, in_audio, in_image, out_visible, out_reasoning, out_audio,
        max_output_requested, temperature, top_p, seed, stream, choice_count,
        finish_reason, status, http_status, error_type, attempt, parent_event_id,
        user_id, end_user_id, team_id, api_key_hash, feature, environment, tags,
        conversation_id, trace_id, span_id, turn,
        prompt_hash, prompt_norm_hash, prefix_block_hashes, block_size, minhash, system_hash, tools_hash, tools_tokens,
        tool_call_count, batchable_hint, deadline_s, quality_score, outcome,
        cost_recorded, cost_recorded_currency, cost_model_version, cost_list, cost_effective, price_row_id,
        assumed_fields, dq_flags, price_flags
        """;

    private static readonly string[] ColumnNames =
        ReadColumns.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What to select for these columns, and where each column <see cref="Read"/> expects then stands; −1: nowhere.</summary>
    /// <exception cref="ArgumentException">No such column.</exception>
    internal static (string Columns, int[]? Layout) Select(IReadOnlyList<string>? columns)
    {
        if (columns is null)
            return (ReadColumns, null);

        foreach (var column in columns)
        {
            if (!ColumnNames.Contains(column, StringComparer.Ordinal))
                throw new ArgumentException(
                    $"'{column}' is no column of the usage log; there are: {string.Join(", ", ColumnNames.Skip(1))}.", nameof(columns));
        }

        // Rows are ordered by these two, so reading them costs nothing more.
        var wanted = columns.Append("row_no").Append("ts_start").ToHashSet(StringComparer.Ordinal);
        var chosen = ColumnNames.Where(wanted.Contains).ToList();
        return (string.Join(", ", chosen), [.. ColumnNames.Select(name => chosen.IndexOf(name))]);
    }

    internal static void Write(ChunkWriter row, TenantId tenant, Int128 key, long rowNumber, UsageEvent call)
    {
        row.Text(tenant.Value);
        row.HugeInt(key);
        row.Int64(rowNumber);
        row.Text(call.EventId);
        row.Text(call.Source);
        row.Text(call.SourceId);
        row.Time(call.StartedAt);
        row.Time(call.FirstTokenAt);
        row.Time(call.EndedAt);
        row.Text(call.Operation);
        row.Text(call.Provider);
        row.Text(call.RequestModel);
        row.Text(call.ResponseModel);
        row.Text(call.Deployment);
        row.Text(call.Region);
        row.Text(EnumText<ServiceTier>.Of(call.ServiceTier));
        row.Int64(call.InUncached);
        row.Int64(call.InCacheRead);
        row.Int64(call.InCacheWrite5m);
        row.Int64(call.InCacheWrite1h);
        row.Int64(call.InAudio);
        row.Int64(call.InImage);
        row.Int64(call.OutVisible);
        row.Int64(call.OutReasoning);
        row.Int64(call.OutAudio);
        row.Int32(call.MaxOutputRequested);
        row.Double(call.Temperature);
        row.Double(call.TopP);
        row.Int64(call.Seed);
        row.Boolean(call.Stream);
        row.Int32(call.ChoiceCount);
        row.Text(call.FinishReason);
        row.Text(EnumText<CallStatus>.Of(call.Status));
        row.Int32(call.HttpStatus);
        row.Text(call.ErrorType);
        row.Int32(call.Attempt);
        row.Text(call.ParentEventId);
        row.Text(call.UserId);
        row.Text(call.EndUserId);
        row.Text(call.TeamId);
        row.Text(call.ApiKeyHash);
        row.Text(call.Feature);
        row.Text(call.Environment);
        row.TextMap(call.Tags);
        row.Text(call.ConversationId);
        row.Text(call.TraceId);
        row.Text(call.SpanId);
        row.Int32(call.Turn);
        row.Text(call.PromptHash);
        row.Text(call.PromptNormHash);
        row.Int64List(call.PrefixBlockHashes);
        row.Int32(call.BlockSize);
        row.Int32List(call.MinHash);
        row.Text(call.SystemHash);
        row.Text(call.ToolsHash);
        row.Int32(call.ToolsTokens);
        row.Int32(call.ToolCallCount);
        row.Boolean(call.BatchableHint);
        row.Double(call.DeadlineSeconds);
        row.Double(call.QualityScore);
        row.Text(call.Outcome);
        row.Int64(call.CostRecorded?.Value);
        row.Text(call.CostRecordedCurrency);
        row.Text(call.CostModelVersion);
        row.Int64(call.CostList?.Value);
        row.Int64(call.CostEffective?.Value);
        row.Text(call.PriceRowId);
        row.TextList(call.AssumedFields);
        row.TextList(call.QualityFlags);
        row.Text(JoinFlags(call.PriceFlags));
        row.Boolean(call.QualityFlags.Contains(QualityFlags.DuplicateSource));
    }

    /// <summary>Reads the row the chunk stands at. The initialisers run in the order of <see cref="ReadColumns"/>.</summary>
    internal static (long RowNumber, UsageEvent Call) Read(ChunkReader row) =>
        (row.RequiredInt64(), new UsageEvent
        {
            EventId = row.RequiredText(),
            Source = row.RequiredText(),
            SourceId = row.RequiredText(),
            StartedAt = Timestamps.FromMicroseconds(row.RequiredInt64()),
            FirstTokenAt = row.Time(),
            EndedAt = row.Time(),
            Operation = row.RequiredText(),
            Provider = row.Text(),
            RequestModel = row.Text(),
            ResponseModel = row.Text(),
            Deployment = row.Text(),
            Region = row.Text(),
            ServiceTier = EnumText<ServiceTier>.Parse(row.RequiredText()),
            InUncached = row.RequiredInt64(),
            InCacheRead = row.RequiredInt64(),
            InCacheWrite5m = row.RequiredInt64(),
            InCacheWrite1h = row.RequiredInt64(),
            InAudio = row.RequiredInt64(),
            InImage = row.RequiredInt64(),
            OutVisible = row.RequiredInt64(),
            OutReasoning = row.RequiredInt64(),
            OutAudio = row.RequiredInt64(),
            MaxOutputRequested = row.Int32(),
            Temperature = row.Double(),
            TopP = row.Double(),
            Seed = row.Int64(),
            Stream = row.Boolean(),
            ChoiceCount = row.Int32(),
            FinishReason = row.Text(),
            Status = EnumText<CallStatus>.Parse(row.RequiredText()),
            HttpStatus = row.Int32(),
            ErrorType = row.Text(),
            Attempt = row.Int32(),
            ParentEventId = row.Text(),
            UserId = row.Text(),
            EndUserId = row.Text(),
            TeamId = row.Text(),
            ApiKeyHash = row.Text(),
            Feature = row.Text(),
            Environment = row.Text(),
            Tags = row.RequiredTextMap(),
            ConversationId = row.Text(),
            TraceId = row.Text(),
            SpanId = row.Text(),
            Turn = row.Int32(),
            PromptHash = row.Text(),
            PromptNormHash = row.Text(),
            PrefixBlockHashes = row.Int64List(),
            BlockSize = row.Int32(),
            MinHash = row.Int32List(),
            SystemHash = row.Text(),
            ToolsHash = row.Text(),
            ToolsTokens = row.Int32(),
            ToolCallCount = row.Int32(),
            BatchableHint = row.Boolean(),
            DeadlineSeconds = row.Double(),
            QualityScore = row.Double(),
            Outcome = row.Text(),
            CostRecorded = Money(row.Int64()),
            CostRecordedCurrency = row.Text(),
            CostModelVersion = row.Text(),
            CostList = Money(row.Int64()),
            CostEffective = Money(row.Int64()),
            PriceRowId = row.Text(),
            AssumedFields = row.RequiredTextList(),
            QualityFlags = row.RequiredTextList(),
            PriceFlags = SplitFlags(row.Text()),
        });

    internal static string? JoinFlags(IReadOnlyList<string> flags) => flags.Count == 0 ? null : string.Join(',', flags);

    private static string[] SplitFlags(string? flags) => flags is null ? [] : flags.Split(',');

    private static NanoDollars? Money(long? nano) => nano is { } value ? new NanoDollars(value) : null;
}
