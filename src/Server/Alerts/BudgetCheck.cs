using System.Globalization;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Reports;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Server.Alerts;

/// <summary>
/// The calendar month's spend so far (UTC, by the price book) against the budget: each threshold once a month, and once when the pace so
/// far would end above the budget. The pace is a straight line; its first three days tell too little and raise nothing.
/// </summary>
internal sealed class BudgetCheck(IUsageLog log)
{
    private static readonly TimeSpan TooEarly = TimeSpan.FromDays(3);

    public async Task<RuleOutcome> LookAsync(string organisationId, AlertRule rule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var first = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var table = await log.QueryAsync(
            new UsageQuery
            {
                Tenant = new TenantId(organisationId), Window = new TimeWindow(first, first.AddMonths(1)),
                Measures = [new Measure("cost", MeasureKind.CostNano)],
            },
            cancellationToken);
        var spent = new NanoDollars(table.Rows.Count > 0 && table.Rows[0].Values[0] is long nano ? nano : 0).Dollars;
        var budget = rule.BudgetUsd ?? throw new InvalidOperationException("A budget rule without an amount was stored.");
        var elapsed = (now - first) / (first.AddMonths(1) - first);
        var share = (double)(spent / budget);
        var pace = elapsed > 0 ? (double)spent / elapsed : 0;
        var month = first.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        var findings = new List<RuleFinding>();
        // Only the highest one passed: whoever spends twice the budget in a day needs no four notices.
        var passed = (rule.Thresholds ?? []).Where(threshold => share >= threshold).DefaultIfEmpty(0).Max();
        if (passed > 0)
            findings.Add(new RuleFinding(
                string.Create(CultureInfo.InvariantCulture, $"{month} at {passed:0.####}"),
                $"{rule.Name}: {Text(share, "share")} of {Money(budget)} is spent",
                $"{Money(spent)} since 1 {first.ToString("MMMM", CultureInfo.InvariantCulture)}, with {Text(elapsed, "share")} of the month gone.",
                passed >= 1 ? BroadcastSeverity.Critical : BroadcastSeverity.Warning));
        else if (now - first >= TooEarly && pace > (double)budget)
            findings.Add(new RuleFinding(
                $"{month} pace", $"{rule.Name}: the month is on its way to {Text(pace, "usd")}",
                $"{Money(spent)} is spent with {Text(elapsed, "share")} of the month gone; at this pace the budget of {Money(budget)} will not do.",
                BroadcastSeverity.Warning));
        return new RuleOutcome(
            $"{month}: {Money(spent)} of {Money(budget)} ({Text(share, "share")}) with {Text(elapsed, "share")} of the month gone.", findings);
    }

    private static string Money(decimal dollars) => Text((double)dollars, "usd");

    private static string Text(double value, string unit) => FieldText.Value(unit == "share" ? Math.Round(value, 3) : value, unit);
}
