namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>What <c>cost_anomaly</c> found.</summary>
/// <param name="Basis">cost (by the price book) or recorded.</param>
/// <param name="DaysWithoutRowsAreZero">True when days without rows count as days without spend; false: as not observed.</param>
/// <param name="DaysTested">Day and group pairs that had a baseline long enough.</param>
/// <param name="ExcessUsd">Sum over flagged days above their baseline.</param>
/// <param name="ShortfallUsd">Sum over flagged days below it.</param>
/// <param name="FlaggedRows">Rows whose recorded cost is more than three times what the price list says, the biggest first.</param>
internal sealed record CostAnomalyResult(
    string Basis,
    int DaysInWindow,
    int DaysWithRows,
    bool DaysWithoutRowsAreZero,
    int Groups,
    int DaysTested,
    int FlaggedDayCount,
    decimal ExcessUsd,
    decimal ShortfallUsd,
    IReadOnlyList<FlaggedDay> FlaggedDays,
    long FlaggedRowCount,
    decimal RowExcessUsd,
    IReadOnlyList<FlaggedRow> FlaggedRows,
    IReadOnlyList<DayPoint> Series);

/// <param name="Keys">The group, when grouped.</param>
/// <param name="BaselineKind">same_weekday (trailing eight weeks) or trailing_28_days (of the same kind, working day or weekend).</param>
/// <param name="ZScore">Modified z-score on log(1 + dollars), 0.6745 · (x − median) / MAD; capped at ±1,000.</param>
/// <param name="UsualZScore">The day's miss against the misses of the eight weeks before; null while fewer than ten are known.</param>
/// <param name="LeadingGroups">Who moved, by share of the change.</param>
internal sealed record FlaggedDay(
    string Day,
    IReadOnlyDictionary<string, string?> Keys,
    string Direction,
    decimal CostUsd,
    decimal BaselineUsd,
    decimal ExcessUsd,
    double ZScore,
    double? UsualZScore,
    string BaselineKind,
    int BaselinePoints,
    double MonthShare,
    IReadOnlyList<LeadingGroup> LeadingGroups);

/// <param name="BaselineUsd">Mean over the baseline's days.</param>
/// <param name="ChangeShare">Its part of the day's whole change; can exceed 1 when others moved the other way.</param>
/// <param name="Surprise">Its part of the Jensen–Shannon divergence between the day's shares and the baseline's, in nats.</param>
internal sealed record LeadingGroup(
    string Dimension, string? Key, decimal CostUsd, decimal BaselineUsd, decimal ChangeUsd, double ChangeShare, double Surprise);

internal sealed record FlaggedRow(
    string EventId,
    string Source,
    string SourceId,
    DateTimeOffset StartedAt,
    string? Model,
    string? User,
    long InputTokens,
    long OutputTokens,
    decimal RecordedUsd,
    decimal ListUsd,
    decimal ExcessUsd,
    double? Ratio);

/// <param name="BaselineUsd">Null where there was no baseline yet.</param>
internal sealed record DayPoint(string Day, decimal CostUsd, decimal? BaselineUsd, bool Flagged);
