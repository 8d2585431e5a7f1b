using Apex.Server.Connections;
using Apex.Server.Operations.Notices;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Delivery;

/// <summary>
/// Tells the operators when clients no longer confirm their agents' events, and when they do again. One notice for all connections, not
/// one for each.
/// </summary>
internal sealed partial class DeliveryWatch(
    ConnectionRegistry registry, OperatorNotices notices, ConnectionsOptions options, TimeProvider time, ILogger<DeliveryWatch> logger)
    : BackgroundService
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
        var overdue = registry.Unconfirmed();
        if (overdue.Count > 0 == _isDegraded)
            return;
        try
        {
            if (_isDegraded)
                await notices.RecoveredAsync(Component, "All clients confirm what they are given again.", cancellationToken);
            else
                await notices.DegradedAsync(Component, Message(overdue), cancellationToken);
            _isDegraded = !_isDegraded;
        }
        catch (StorageUnavailableException unavailable)
        {
            // Tried again at the next look.
            LogNotTold(unavailable);
        }
    }

    private string Message(IReadOnlyList<Connection> overdue)
    {
        var users = overdue.Select(static connection => connection.User).Distinct().Count();
        return $"{(overdue.Count == 1 ? "1 connection has" : $"{overdue.Count} connections have")} confirmed no agent's event for "
            + $"{options.ConfirmWithin.TotalSeconds} s ({(users == 1 ? "1 user" : $"{users} users")}); GET /api/admin/connections names them.";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The operators could not be told of the delivery's state; it is tried again")]
    private partial void LogNotTold(Exception exception);
}
