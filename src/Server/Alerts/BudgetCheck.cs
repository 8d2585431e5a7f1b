using System.Globalization;
using System.Text.Json.Nodes;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Reports;
using Apex.Server.Reporting;
using Apex.Usage.Tools;

namespace Apex.Server.Alerts;

/// <summary>
/// The calendar month's spend so far (UTC) against the budget, as <c>budget_burn</c> computes it as of now: each threshold once a month,
/// and once when the pace so far would end above the budget. The pace is a straight line; its first three days tell too little and raise
/// nothing.
/// </summary>
internal sealed class BudgetCheck(Analyses analyses)
{
    private static readonly TimeSpan TooEarly = TimeSpan.FromDays(3);

    public async Task<RuleOutcome> LookAsync(string organisationId, AlertRule rule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var budget = rule.BudgetUsd ?? throw new InvalidOperationException("A budget rule without an amount was stored.");
        var envelope = await analyses.RunAsync(
            organisationId, "budget_burn",
            new JsonObject { ["budget_usd"] = budget, ["period"] = "month", ["as_of"] = "now" }, cancellationToken);
        var burn = envelope.Result;
        var first = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var month = first.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        var (spent, elapsed) = (burn.Number("spent_usd") ?? 0, (now - first) / (first.AddMonths(1) - first));
        var share = burn.Number("spent_of_budget") ?? 0;
        var findings = new List<RuleFinding>();
        // Only the highest one passed: whoever spends twice the budget in a day needs no four notices.
        var passed = (rule.Thresholds ?? []).Where(threshold => share >= threshold).DefaultIfEmpty(0).Max();
        if (passed > 0)
            findings.Add(new RuleFinding(
                string.Create(CultureInfo.InvariantCulture, $"{month} at {passed:0.####}"),
                $"{rule.Name}: {Share(share)} of {Money((double)budget)} is spent",
                $"{Money(spent)} since 1 {first.ToString("MMMM", CultureInfo.InvariantCulture)}, with {Share(elapsed)} of the month gone.{Until(burn.Text("exhausted_on"))}",
                passed >= 1 ? BroadcastSeverity.Critical : BroadcastSeverity.Warning));
        else if (now - first >= TooEarly && burn.Number("burn") > 1)
            findings.Add(new RuleFinding(
                $"{month} pace", $"{rule.Name}: the month is on its way to {Money(burn.Number("pace_usd") ?? 0)}",
                $"{Money(spent)} is spent with {Share(elapsed)} of the month gone; at this pace the budget of {Money((double)budget)} will not do.{Until(burn.Text("exhausted_on"))}",
                BroadcastSeverity.Warning));
        return new RuleOutcome(
            $"{month}: {Money(spent)} of {Money((double)budget)} ({Share(share)}) with {Share(elapsed)} of the month gone.{NotCounted(envelope)}", findings);
    }

    /// <summary>The day on which it is used up is known where the log's past is long enough to forecast from.</summary>
    private static string Until(string? exhaustedOn) =>
        DateOnly.TryParseExact(exhaustedOn, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? $" It is used up on {day.ToString("d MMMM", CultureInfo.InvariantCulture)}."
            : "";

    private static string NotCounted(ResultEnvelope envelope)
    {
        var left = envelope.RowsExcludedByReason.Select(pair => $"{FieldText.Value(pair.Value, "count")} {pair.Key.Replace('_', ' ')}").ToList();
        return left.Count == 0 ? "" : $" Not counted, over the whole log: {string.Join(", ", left)}.";
    }

    private static string Money(double dollars) => FieldText.Value(dollars, "usd");

    private static string Share(double value) => FieldText.Value(Math.Round(value, 3), "share");
}
