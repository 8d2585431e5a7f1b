using System.Text.Json.Serialization;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Http;

/// <summary>What a rule watches.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<AlertKind>))]
public enum AlertKind
{
    /// <summary>The month's spend against an amount.</summary>
    Budget,

    /// <summary>Days and single calls out of line.</summary>
    Anomaly,

    /// <summary>Models in use whose end is near.</summary>
    Deprecation,

    /// <summary>A report, written from time to time.</summary>
    Report,
}

[JsonConverter(typeof(SnakeCaseEnumConverter<ReportInterval>))]
public enum ReportInterval
{
    Day,
    Week,
    Month,
}

/// <summary>Makes or changes a rule; what is left out keeps its value, or its default in a new one.</summary>
/// <param name="BudgetUsd">Of a budget rule: US dollars a calendar month (UTC), above 0.</param>
/// <param name="Thresholds">Of a budget rule: shares of it to speak up at, 0.01 to 10, at most 10. Default 0.8 and 1.</param>
/// <param name="WithinDays">Of a deprecation rule: how far ahead it looks, 1 to 730. Default 90.</param>
/// <param name="Every">Of a report rule. Default week.</param>
public sealed record AlertRuleRequest(
    AlertKind? Kind = null,
    string? Name = null,
    bool? Enabled = null,
    decimal? BudgetUsd = null,
    IReadOnlyList<double>? Thresholds = null,
    int? WithinDays = null,
    ReportInterval? Every = null);

/// <param name="CheckedAt">When it last looked; null before the first time.</param>
/// <param name="NextAt">Of a report rule: when the next one is due.</param>
/// <param name="State">What it last saw, in a sentence.</param>
public sealed record AlertRule(
    string Id,
    AlertKind Kind,
    string Name,
    bool Enabled,
    DateTimeOffset CreatedAt,
    UserId CreatedBy,
    decimal? BudgetUsd = null,
    IReadOnlyList<double>? Thresholds = null,
    int? WithinDays = null,
    ReportInterval? Every = null,
    DateTimeOffset? CheckedAt = null,
    DateTimeOffset? NextAt = null,
    string? State = null);

/// <summary>Something a rule found. It reached every user of the organisation as a broadcast of the same id.</summary>
/// <param name="About">What it was found about; a rule speaks once about each.</param>
/// <param name="ReportId">Leads to the report that was written; null for other kinds.</param>
public sealed record RaisedAlert(
    string Id, string RuleId, string About, DateTimeOffset At, string Title, string Body, BroadcastSeverity Severity, string? ReportId = null);

/// <param name="Raised">Newest first, at most 200.</param>
public sealed record AlertList(IReadOnlyList<AlertRule> Rules, IReadOnlyList<RaisedAlert> Raised);
