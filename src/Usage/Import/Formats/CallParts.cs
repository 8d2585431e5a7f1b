using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>What every source tells about a call in its own words, put into a row by the same rules.</summary>
internal sealed record CallParts
{
    public required CallSpan Span { get; init; }
    public required TokenCounts Counts { get; init; }

    /// <summary>The row's own id within its source; null: a hash of the record.</summary>
    public string? OwnId { get; init; }

    public ModelName Request { get; init; }
    public ModelName Response { get; init; }

    /// <summary>As the source names it; else what stands before the model's name.</summary>
    public string? Provider { get; init; }

    public RecordedMoney Money { get; init; }

    /// <summary>What else is to be noted about the row.</summary>
    public string? Flag { get; init; }

    /// <summary>A row with ids, times, models, tokens, recorded cost and flags; the rest is the source's own.</summary>
    public UsageEvent ToRow(RowOrigin origin, ReadOnlySpan<byte> record)
    {
        var buckets = TokenBuckets.From(Counts);
        var (eventId, sourceId, isRepeat) = OwnId is null ? origin.Identify(record) : (origin.EventId(OwnId), OwnId, false);
        var model = Response.Model is null ? Request : Response;
        return new UsageEvent
        {
            EventId = eventId,
            Source = origin.Source,
            SourceId = sourceId,
            StartedAt = Span.Start,
            FirstTokenAt = Span.FirstToken,
            EndedAt = Span.End,
            Provider = Provider ?? Response.Provider ?? Request.Provider,
            RequestModel = Request.Model,
            ResponseModel = Response.Model,
            InUncached = buckets.InUncached,
            InCacheRead = Counts.CacheRead,
            InCacheWrite5m = Counts.CacheWrite5m,
            InCacheWrite1h = Counts.CacheWrite1h,
            InAudio = Counts.AudioInput,
            InImage = Counts.ImageInput,
            OutVisible = buckets.OutVisible,
            OutReasoning = buckets.OutReasoning,
            OutAudio = Math.Min(Counts.AudioOutput, Counts.Output),
            CostRecorded = Money.Amount,
            CostRecordedCurrency = Money.Currency,
            QualityFlags = Flags.Of(
                buckets.Flag, buckets.IsUnusable ? QualityFlags.ExcludedFromMoney : null, Span.Flag,
                model.Model is null ? QualityFlags.ModelMissing : model.Flag, Money.Flag, Flag,
                isRepeat ? QualityFlags.IdenticalRow : null),
        };
    }
}
