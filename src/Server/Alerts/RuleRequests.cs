using System.Globalization;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Server.Alerts;

/// <summary>Makes rules out of requests, or says what is wrong with them.</summary>
internal static class RuleRequests
{
    private const int MaxName = 100;
    private const int MaxThresholds = 10;
    private const int MaxDays = 730;
    private static readonly double[] UsualThresholds = [0.8, 1];

    public static (AlertRule? Rule, string Field, string Problem) New(AlertRuleRequest request, UserId author, DateTimeOffset now)
    {
        if (request.Kind is not { } kind)
            return (null, "kind", "kind is missing; it needs budget, anomaly, deprecation or report.");
        var rule = new AlertRule("rule_" + Guid.CreateVersion7().ToString("N"), kind, UsualName(kind, request), true, now, author);
        return Change(rule, request, now);
    }

    public static (AlertRule? Rule, string Field, string Problem) Change(AlertRule rule, AlertRuleRequest request, DateTimeOffset now)
    {
        if (request.Kind is { } kind && kind != rule.Kind)
            return (null, "kind", "A rule's kind cannot change; remove it and make another.");
        if (request.Name?.Trim() is { } name && name.Length is 0 or > MaxName)
            return (null, "name", $"name has {request.Name.Trim().Length} characters; it needs 1 to {MaxName}.");
        var changed = rule with { Name = request.Name?.Trim() ?? rule.Name, Enabled = request.Enabled ?? rule.Enabled };
        return rule.Kind switch
        {
            AlertKind.Budget => Budget(changed, request),
            AlertKind.Deprecation when request.WithinDays is < 1 or > MaxDays =>
                (null, "within_days", $"within_days is {request.WithinDays}; it needs 1 to {MaxDays}."),
            AlertKind.Deprecation => (changed with { WithinDays = request.WithinDays ?? changed.WithinDays ?? DeprecationCheck.DefaultDays }, "", ""),
            AlertKind.Report => (Report(changed, request, now), "", ""),
            _ => (changed, "", ""),
        };
    }

    private static (AlertRule? Rule, string Field, string Problem) Budget(AlertRule rule, AlertRuleRequest request)
    {
        if ((request.BudgetUsd ?? rule.BudgetUsd) is not (> 0 and <= 1_000_000_000m and { } budget))
            return (null, "budget_usd", $"budget_usd is {request.BudgetUsd?.ToString(CultureInfo.InvariantCulture) ?? "missing"}; it needs above 0 to 1,000,000,000.");
        var thresholds = request.Thresholds ?? rule.Thresholds ?? UsualThresholds;
        return thresholds.Count is 0 or > MaxThresholds || thresholds.Any(threshold => threshold is not (>= 0.01 and <= 10))
            ? (null, "thresholds", $"thresholds needs 1 to {MaxThresholds} shares of the budget, each 0.01 to 10, for instance 0.8 and 1.")
            : (rule with { BudgetUsd = budget, Thresholds = [.. thresholds.Distinct().Order()] }, "", "");
    }

    private static AlertRule Report(AlertRule rule, AlertRuleRequest request, DateTimeOffset now)
    {
        var every = request.Every ?? rule.Every ?? ReportInterval.Week;
        return rule with { Every = every, NextAt = rule.NextAt is { } due && every == rule.Every ? due : ScheduledReports.NextAfter(every, now) };
    }

    private static string UsualName(AlertKind kind, AlertRuleRequest request) => kind switch
    {
        AlertKind.Budget => "Monthly budget",
        AlertKind.Anomaly => "Unusual spend",
        AlertKind.Deprecation => "Models near their end",
        _ => request.Every switch { ReportInterval.Day => "Daily report", ReportInterval.Month => "Monthly report", _ => "Weekly report" },
    };
}
