using System.Globalization;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Reports;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Server.Alerts;

/// <summary>Models called in the last thirty days of the log whose day of deprecation, by the price book, is near or over.</summary>
internal sealed class DeprecationCheck(IUsageLog log, IPriceBooks prices)
{
    public const int DefaultDays = 90;
    private static readonly TimeSpan InUse = TimeSpan.FromDays(30);

    public async Task<RuleOutcome> LookAsync(string organisationId, AlertRule rule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var tenant = new TenantId(organisationId);
        if (await CountedRows.Usual.ExtentAsync(log, tenant, [], cancellationToken) is not { } extent)
            return new RuleOutcome("The log has no calls yet.", []);
        var used = await log.QueryAsync(
            new UsageQuery
            {
                Tenant = tenant, Window = new TimeWindow(extent.LastStart - InUse, extent.LastStart.AddTicks(TimeSpan.TicksPerMillisecond)),
                Filters = CountedRows.Usual.With([]), GroupBy = [Dimension.Model],
                Measures = [new Measure("cost", MeasureKind.CostNano), new Measure("requests", MeasureKind.Requests)], OrderBy = "cost",
            },
            cancellationToken);
        var book = await prices.GetAsync(organisationId, cancellationToken);
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var horizon = today.AddDays(rule.WithinDays ?? DefaultDays);
        var findings = new List<RuleFinding>();
        foreach (var row in used.Rows)
        {
            if (row.Keys[0] is not { } model || book.Find(model, now)?.Row.DeprecatedOn is not { } end || end > horizon)
                continue;
            var spend = FieldText.Value((double)new NanoDollars(row.Values[0] as long? ?? 0).Dollars, "usd");
            var when = end.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
            findings.Add(new RuleFinding(
                $"{model} until {end:yyyy-MM-dd}",
                end <= today ? $"{rule.Name}: {model} is past its end" : $"{rule.Name}: {model} ends on {when}",
                $"{row.Values[1]:N0} calls for {spend} went to it in the log's last thirty days. Its vendor's date is {when}.",
                end <= today ? BroadcastSeverity.Critical : BroadcastSeverity.Warning));
        }

        return new RuleOutcome(
            findings.Count == 0
                ? $"None of the {used.Rows.Count} models in use ends before {horizon:yyyy-MM-dd}, as far as the price list knows."
                : $"{findings.Count} of {used.Rows.Count} models in use end before {horizon:yyyy-MM-dd}.",
            findings);
    }
}
