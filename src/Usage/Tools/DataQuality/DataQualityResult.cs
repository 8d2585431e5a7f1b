namespace Apex.Usage.Tools.DataQuality;

/// <summary>What <c>data_quality</c> found.</summary>
/// <param name="FlaggedRows">Rows with at least one flag.</param>
/// <param name="Flags">The most money at stake first, then the most rows.</param>
/// <param name="UnloggedUsd">Lower bound of spend that running session totals show but no row holds.</param>
internal sealed record DataQualityResult(
    long Rows,
    DateTimeOffset? First,
    DateTimeOffset? Last,
    int DaysInWindow,
    int DaysWithRows,
    decimal RecordedUsd,
    decimal CostUsd,
    long FlaggedRows,
    double FlaggedShare,
    decimal UnloggedUsd,
    IReadOnlyList<FlagRow> Flags,
    IReadOnlyList<FieldCoverage> Coverage,
    ClockGaps Gaps,
    IReadOnlyList<UnpricedName> UnpricedModels);

/// <param name="Severity">error: the money is wrong; warning: it may be; info: worth knowing.</param>
/// <param name="AtStakeUsd">Money that changes if the flag is acted on: the recorded cost less the listed one of outliers, the
/// recorded cost (listed where none) of rows that may not count, 0 where only a label is missing.</param>
/// <param name="Examples">The rows with the most money, at most five.</param>
internal sealed record FlagRow(
    string Flag,
    string Severity,
    string Meaning,
    long Rows,
    double RowsShare,
    decimal RecordedUsd,
    decimal CostUsd,
    decimal AtStakeUsd,
    IReadOnlyList<FlaggedExample> Examples);

internal sealed record FlaggedExample(
    string EventId, string SourceId, DateTimeOffset StartedAt, string? Model, long InputTokens, long OutputTokens, decimal? RecordedUsd, decimal? CostUsd, string Note);

internal sealed record FieldCoverage(string Field, long PresentRows, double PresentShare);

/// <param name="MedianSeconds">Between neighbouring rows, to the second.</param>
/// <param name="ThresholdHours">A gap is longer than an hour and than three times the median.</param>
/// <param name="Longest">At most ten.</param>
internal sealed record ClockGaps(
    long Count, double Hours, double TimeShare, double MedianSeconds, double ThresholdHours, IReadOnlyList<ClockGap> Longest);

internal sealed record ClockGap(DateTimeOffset From, DateTimeOffset To, double Hours);

internal sealed record UnpricedName(string? Model, long Rows, decimal RecordedUsd);
