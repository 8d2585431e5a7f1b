using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.UsageLog;
using Apex.Storage.Broadcasts;
using Apex.Storage.Feed;
using Apex.Usage.Query;
using Apex.Usage.Tools;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Alerts;

/// <summary>
/// Looks once a minute after the rules that are due: those whose log has grown, and all once an hour. What a rule finds becomes a
/// broadcast to its organisation, whose id is made of rule and occasion: it reaches every user's feed once, whatever dies in between.
/// </summary>
internal sealed partial class AlertKeeper(
    AlertBooks books,
    BudgetCheck budgets,
    AnomalyCheck anomalies,
    DeprecationCheck deprecations,
    ScheduledReports reports,
    IBroadcastStore broadcasts,
    AlertSignal signal,
    LogGrowth growth,
    TimeProvider clock,
    ILogger<AlertKeeper> logger) : BackgroundService
{
    private const int MostKept = 200;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AllEvery = TimeSpan.FromHours(1);

    /// <summary>Revision of the log each rule last saw. Lost with the process: then every rule is due once.</summary>
    private readonly ConcurrentDictionary<string, long> _seen = new(StringComparer.Ordinal);

    /// <summary>Looks after the organisation's rules now, due or not; of its reports only after those that are due.</summary>
    public async Task CheckAsync(string organisationId, bool dueOnly, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var rule in (await books.GetAsync(organisationId, cancellationToken)).Rules)
        {
            var revision = growth.Of(organisationId);
            if (!rule.Enabled || !IsDue(rule, revision, dueOnly, now))
                continue;
            if (await LookAsync(organisationId, rule, now, cancellationToken) is not { } outcome)
                continue;
            await KeepAsync(organisationId, rule, outcome, now, cancellationToken);
            _seen[rule.Id] = revision;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await CheckAllAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was found but not yet kept is found again after the next start.
            return;
        }
    }

    private async Task CheckAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var organisation in await books.ListOrganisationsAsync(cancellationToken))
                await CheckAsync(organisation, dueOnly: true, cancellationToken);
        }
        catch (Exception away) when (away is StorageUnavailableException or UsageLogException)
        {
            LogAway(away);
        }
    }

    private bool IsDue(AlertRule rule, long revision, bool dueOnly, DateTimeOffset now)
    {
        if (rule.Kind == AlertKind.Report)
            return now >= rule.NextAt;
        return !dueOnly || rule.CheckedAt is not { } at || now - at >= AllEvery || !_seen.TryGetValue(rule.Id, out var seen) || seen != revision;
    }

    private async Task<RuleOutcome?> LookAsync(
        string organisationId, AlertRule rule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            return rule.Kind switch
            {
                AlertKind.Budget => await budgets.LookAsync(organisationId, rule, now, cancellationToken),
                AlertKind.Anomaly => await anomalies.LookAsync(organisationId, rule, cancellationToken),
                AlertKind.Deprecation => await deprecations.LookAsync(organisationId, rule, now, cancellationToken),
                _ => await reports.WriteAsync(organisationId, rule, cancellationToken),
            };
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or StorageUnavailableException or UsageLogException))
        {
            // One rule that cannot be worked out must not silence the others; it says so where the rules are shown.
            LogFailed(fault, rule.Id);
            return new RuleOutcome(
                fault is ToolArgumentException refused ? refused.Message : "It could not be worked out; the server's log says why.", []);
        }
    }

    private async Task KeepAsync(
        string organisationId, AlertRule rule, RuleOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var raised = outcome.Findings.Select(found => new RaisedAlert(
            IdOf(organisationId, rule, found.About), rule.Id, found.About, now, found.Title, found.Body, found.Severity, found.ReportId)).ToList();
        foreach (var alert in raised)
            await broadcasts.CreateAsync(
                new BroadcastRecord(
                    alert.Id, now, rule.CreatedBy, alert.Title, alert.Body, alert.Severity,
                    new BroadcastAudience(AudienceKind.Organisation, organisationId)),
                cancellationToken);
        if (raised.Count > 0)
            signal.Raise();
        await books.ChangeAsync(
            organisationId,
            book => new AlertList(
                [.. book.Rules.Select(held => held.Id == rule.Id ? Looked(held, outcome, now) : held)],
                [.. raised.Where(alert => book.Raised.All(known => known.Id != alert.Id)).Concat(book.Raised).Take(MostKept)]),
            cancellationToken);
    }

    private static AlertRule Looked(AlertRule rule, RuleOutcome outcome, DateTimeOffset now) => rule with
    {
        CheckedAt = now,
        State = outcome.State,
        NextAt = rule.Kind == AlertKind.Report ? ScheduledReports.NextAfter(rule.Every ?? ReportInterval.Week, now) : null,
    };

    private static string IdOf(string organisationId, AlertRule rule, string about) =>
        "alert_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{organisationId}\0{rule.Id}\0{about}")).AsSpan(0, 16));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Alert rules could not be looked after now; they are in a minute")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The alert rule {RuleId} could not be worked out")]
    private partial void LogFailed(Exception exception, string ruleId);
}
