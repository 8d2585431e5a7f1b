using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Reporting;
using Apex.Server.Reporting.Documents;
using Apex.Storage.Documents;

namespace Apex.Server.Alerts;

/// <summary>
/// Writes the report of the period that has just ended and keeps it. Reports are due at six in the morning, UTC: each day, each Monday,
/// each first of a month. One that was due while no server ran is written once one does.
/// </summary>
internal sealed class ScheduledReports(SpendReport report, IDocumentStore documents)
{
    private const int DueHour = 6;

    /// <summary>The first due time after a moment.</summary>
    public static DateTimeOffset NextAfter(ReportInterval every, DateTimeOffset moment)
    {
        var day = new DateTimeOffset(moment.UtcDateTime.Date, TimeSpan.Zero).AddHours(DueHour);
        if (every == ReportInterval.Month)
            day = new DateTimeOffset(moment.Year, moment.Month, 1, DueHour, 0, 0, TimeSpan.Zero);
        else if (every == ReportInterval.Week)
            day = day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
        while (day <= moment)
            day = every switch
            {
                ReportInterval.Day => day.AddDays(1),
                ReportInterval.Week => day.AddDays(7),
                _ => day.AddMonths(1),
            };
        return day;
    }

    public async Task<RuleOutcome> WriteAsync(string organisationId, AlertRule rule, CancellationToken cancellationToken)
    {
        var due = rule.NextAt ?? throw new InvalidOperationException("A report rule without a due time was stored.");
        var every = rule.Every ?? ReportInterval.Week;
        var to = new DateTimeOffset(due.UtcDateTime.Date, TimeSpan.Zero);
        var from = every switch { ReportInterval.Day => to.AddDays(-1), ReportInterval.Week => to.AddDays(-7), _ => to.AddMonths(-1) };
        var window = new JsonObject { ["from"] = Text(from), ["to"] = Text(to) };
        var span = $"{from:yyyy-MM-dd} to {to.AddDays(-1):yyyy-MM-dd}";
        if (await report.WriteAsync(organisationId, window, rule.Name, cancellationToken) is not { } document)
            return new RuleOutcome($"The log holds no call from {span}: no report was written.", []);

        var id = string.Create(CultureInfo.InvariantCulture, $"report_{rule.Id}_{to:yyyyMMdd}");
        await documents.SaveAsync(organisationId, NameOf(id), Encoding.UTF8.GetBytes(HtmlReport.Write(document)), cancellationToken);
        return new RuleOutcome(
            $"The report of {span} is written.",
            [
                new RuleFinding(
                    $"report {to:yyyy-MM-dd}", $"{rule.Name}: the report of {span} is ready",
                    string.Join(' ', document.Brief.Take(3)), BroadcastSeverity.Info, id),
            ]);
    }

    public ValueTask<ReadOnlyMemory<byte>?> FindAsync(string organisationId, string id, CancellationToken cancellationToken) =>
        documents.FindAsync(organisationId, NameOf(id), cancellationToken);

    private static string NameOf(string id) => "reports/" + id;

    private static string Text(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
