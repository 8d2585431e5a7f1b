using System.Text.Json.Serialization;
using Apex.Usage.Events;

namespace Apex.Usage.Query;

/// <summary>A half-open span of time, UTC: <see cref="From"/> is in, <see cref="To"/> is not.</summary>
public readonly record struct TimeWindow(DateTimeOffset From, DateTimeOffset To)
{
    [JsonIgnore]
    public TimeSpan Length => To - From;
}

/// <summary>
/// A column rows can be grouped and filtered by. Keys are text: <c>Minute</c> is <c>2026-04-01T13:05Z</c>, <c>Hour</c>
/// <c>2026-04-01T13:00Z</c>, <c>Day</c> <c>2026-04-01</c>, <c>Week</c> the date of its Monday, <c>Month</c> <c>2026-04</c>,
/// <c>HourOfDay</c> 00 to 23, <c>Weekday</c> 1 (Monday) to 7; tiers and states are lower case (<c>standard</c>,
/// <c>success</c>), <c>Streamed</c> and <c>RecordedTwice</c> are <c>true</c> or <c>false</c>; <c>RecordedTwice</c> holds for rows
/// flagged <c>duplicate_source</c>. All times are UTC.
/// </summary>
public enum Dimension
{
    Model,
    RequestModel,
    Provider,
    Source,
    Operation,
    ServiceTier,
    Status,
    ErrorType,
    FinishReason,
    User,
    EndUser,
    Team,
    ApiKey,
    Feature,
    Environment,
    Region,
    Deployment,
    Conversation,
    Trace,
    Turn,
    Attempt,
    HttpStatus,
    Outcome,
    Streamed,
    PromptHash,
    SystemHash,
    ToolsHash,
    PriceRow,
    RecordedTwice,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Weekday,
    HourOfDay,
}

/// <summary>
/// What is computed per group. Token and cost measures sum; the unit is in the name. Counts and token sums are 0 over no rows;
/// a cost sum is null where no row of the group has that cost.
/// </summary>
public enum MeasureKind
{
    Requests,
    InputTokens,
    UncachedInputTokens,
    CacheReadTokens,
    CacheWriteTokens,
    OutputTokens,
    ReasoningTokens,

    /// <summary>Sum of effective cost over priced rows, nano-dollars, exact.</summary>
    CostNano,

    /// <summary>Sum of list cost over priced rows, nano-dollars, exact.</summary>
    ListCostNano,

    /// <summary>Sum of the cost the sources recorded in US dollars, nano-dollars, exact; other currencies are left out.</summary>
    RecordedCostNano,
    PricedRequests,
    RecordedCostRequests,

    /// <summary>Rows whose status is error or timeout.</summary>
    Errors,

    /// <summary>Needs <see cref="Measure.Field"/>: rows where the field has a value.</summary>
    Present,

    /// <summary>Needs <see cref="Measure.Field"/>: rows whose quality or price flags hold the text.</summary>
    Flagged,

    /// <summary>Needs <see cref="Measure.Of"/> and <see cref="Measure.Percentile"/>: linear interpolation at (n − 1)·p.</summary>
    Percentile,

    /// <summary>Needs <see cref="Measure.Of"/>; like <see cref="Min"/> and <see cref="Max"/> a double, null over no values.</summary>
    Mean,
    Min,
    Max,

    /// <summary>Needs <see cref="Measure.Of"/>: of a sample (n − 1), a double, null over fewer than two values.</summary>
    StandardDeviation,

    /// <summary>
    /// Needs <see cref="Measure.Of"/>. A long and exact, but a double for milliseconds and scores; null where no row has the value.
    /// </summary>
    Sum,

    /// <summary>Distinct values of the dimension whose <see cref="Dimension"/> name stands in <see cref="Measure.Field"/>.</summary>
    Distinct,
    FirstStart,
    LastStart,
}

/// <summary>A number per row that sums, percentiles, means, minima and maxima are taken of. Rows that lack it are left out.</summary>
public enum RowValue
{
    InputTokens,
    OutputTokens,
    UncachedInputTokens,
    CacheReadTokens,
    CacheWrite5mTokens,
    CacheWrite1hTokens,
    InputAudioTokens,
    InputImageTokens,
    VisibleOutputTokens,
    ReasoningTokens,
    OutputAudioTokens,
    TotalTokens,
    MaxOutputRequested,
    ToolsTokens,
    ToolCalls,
    CostNano,
    ListCostNano,
    RecordedCostNano,
    DurationMs,
    FirstTokenMs,

    /// <summary>(end − first token) / (output tokens − 1), for rows with at least two output tokens.</summary>
    OutputTokenMs,
    QualityScore,

    /// <summary>Output tokens by the whole duration of the call.</summary>
    OutputTokensPerSecond,
}

/// <param name="Name">Column name in the result.</param>
/// <param name="Field">Column (see <see cref="UsageColumns"/>), flag or dimension, where the kind needs one.</param>
/// <param name="Percentile">0 to 1.</param>
public sealed record Measure(
    string Name, MeasureKind Kind, RowValue? Of = null, double? Percentile = null, string? Field = null);

public enum FilterOperator
{
    Equal,
    NotEqual,
    In,
    NotIn,

    /// <summary>Case-insensitive substring.</summary>
    Contains,
    IsMissing,
    IsPresent,
}

/// <param name="Values">One value for Equal, NotEqual and Contains; any number for In and NotIn; none for the others.</param>
public sealed record UsageFilter(Dimension Dimension, FilterOperator Operator, IReadOnlyList<string> Values);

/// <summary>An aggregate question to the usage log, free of any engine's language.</summary>
public sealed record UsageQuery
{
    public required TenantId Tenant { get; init; }

    /// <summary>Null: the whole log.</summary>
    public TimeWindow? Window { get; init; }

    public IReadOnlyList<UsageFilter> Filters { get; init; } = [];
    public IReadOnlyList<Dimension> GroupBy { get; init; } = [];
    public required IReadOnlyList<Measure> Measures { get; init; }

    /// <summary>A measure's name; null orders by the group keys. Equal measures are ordered by the group keys.</summary>
    public string? OrderBy { get; init; }

    /// <summary>Direction of <see cref="OrderBy"/>; group keys always ascend. Nulls come last either way.</summary>
    public bool Descending { get; init; } = true;

    /// <summary>Groups returned, 1 to 100,000.</summary>
    public int Limit { get; init; } = 10_000;
}

/// <summary>Rows in order of (start, source order), streamed.</summary>
public sealed record UsageScan
{
    public required TenantId Tenant { get; init; }
    public TimeWindow? Window { get; init; }
    public IReadOnlyList<UsageFilter> Filters { get; init; } = [];

    /// <summary>Only rows that have a value in this column (see <see cref="UsageColumns"/>).</summary>
    public string? WherePresent { get; init; }

    /// <summary>
    /// Columns to read (see <see cref="UsageColumns"/>); null reads them all. The start is always read; every other field not
    /// named here has its default: no value, zero, an empty text or an empty list. A scan of few columns is several times quicker.
    /// </summary>
    public IReadOnlyList<string>? Columns { get; init; }
}

/// <summary>One group of a query's answer. Keys are null where the column had no value.</summary>
public sealed record UsageRow(IReadOnlyList<string?> Keys, IReadOnlyList<object?> Values);

/// <summary>
/// The answer to a <see cref="UsageQuery"/>. Values are <see cref="long"/> for counts, tokens and nano-dollars,
/// <see cref="double"/> for statistics, <see cref="DateTimeOffset"/> for times, null where nothing was there to measure.
/// </summary>
public sealed record UsageTable(
    IReadOnlyList<Dimension> GroupBy, IReadOnlyList<Measure> Measures, IReadOnlyList<UsageRow> Rows, bool Truncated);
