using Apex.Protocol.Events;
using Apex.Server.Accounts;
using Apex.Server.Connections;
using Apex.Storage.Accounts;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Delivery;

/// <summary>
/// Tells the operators when clients no longer confirm their agents' events, and when they do again: an event in the feed of every
/// administrator, a line in the log, and the webhook where one is set. One notice for all connections, not one for each.
/// </summary>
internal sealed partial class DeliveryWatch(
    ConnectionRegistry registry, IAccountStore accounts, IFeed feed, OperatorWebhook webhook, ConnectionsOptions options,
    TimeProvider time, ILogger<DeliveryWatch> logger) : BackgroundService
{
    private const string Component = "delivery";

    private bool _isDegraded;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ConfirmationCheckInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await LookAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops, and its connections with it.
            return;
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var overdue = registry.All().Where(static connection => connection.IsConfirmationOverdue).ToList();
        if (overdue.Count > 0 == _isDegraded)
            return;

        var users = overdue.Select(static connection => connection.User).Distinct().Count();
        var patience = options.ConfirmWithin.TotalSeconds;
        ApexEvent notice = _isDegraded
            ? new SystemRecovered(Component, "All clients confirm what they are given again.")
            : new SystemDegraded(
                Component,
                $"{(overdue.Count == 1 ? "1 connection has" : $"{overdue.Count} connections have")} confirmed no agent's event for {patience} s "
                + $"({(users == 1 ? "1 user" : $"{users} users")}); GET /api/admin/connections names them.");
        try
        {
            await TellAsync(notice, cancellationToken);
            _isDegraded = !_isDegraded;
        }
        catch (StorageUnavailableException unavailable)
        {
            // Tried again at the next look.
            LogNotTold(unavailable);
        }
    }

    private async Task TellAsync(ApexEvent notice, CancellationToken cancellationToken)
    {
        var (type, message) = notice switch
        {
            SystemDegraded degraded => (EventTypes.SystemDegraded, degraded.Message),
            SystemRecovered recovered => (EventTypes.SystemRecovered, recovered.Message),
            _ => throw new ArgumentOutOfRangeException(nameof(notice), notice.GetType().Name, "Not a notice for operators."),
        };
        foreach (var administrator in await accounts.ListUsersInRoleAsync(Roles.Admin, cancellationToken))
            await feed.AppendAsync(new FeedAppend { User = administrator, Events = [notice] }, cancellationToken);
        LogNotice(type, message);
        _ = webhook.PostAsync(
            new OperatorNotice(Guid.CreateVersion7().ToString("N"), type, Component, message, time.GetUtcNow()), CancellationToken.None);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Type}: {Message}")]
    private partial void LogNotice(string type, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The operators could not be told of the delivery's state; it is tried again")]
    private partial void LogNotTold(Exception exception);
}
