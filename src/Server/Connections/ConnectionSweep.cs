using Apex.Protocol.Frames;
using Apex.Server.Connections.Framing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections;

/// <summary>The one clock of all connections: looks at each of them at a steady pace, and sends them away when the server stops.</summary>
internal sealed partial class ConnectionSweep(
    ConnectionRegistry registry, ConnectionsOptions options, TimeProvider time, Random random, IHostApplicationLifetime lifetime,
    ILogger<ConnectionSweep> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // At "stopping", not at the stop of this service: by then the web server would already wait for its connections.
        using var stopping = lifetime.ApplicationStopping.Register(SendAway);
        using var timer = new PeriodicTimer(options.SweepInterval, time);
        while (await TickAsync(timer, stoppingToken))
            SweepAll();
        // The last ones: that they end is still hurried.
        while (registry.Count > 0 && await timer.WaitForNextTickAsync(CancellationToken.None))
            SweepAll();
    }

    private static async ValueTask<bool> TickAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void SweepAll()
    {
        foreach (var connection in registry.All())
            SweepOne(connection);
    }

    private void SweepOne(Connection connection)
    {
        try
        {
            connection.Sweep();
        }
        catch (Exception exception)
        {
            // One connection's trouble must not stop the clock of the others.
            LogFault(exception, connection.Id);
        }
    }

    private void SendAway()
    {
        foreach (var connection in registry.All())
        {
            var after = (long)(random.NextDouble() * options.GoAwaySpread.TotalMilliseconds);
            if (connection.Dialect.CanRefresh)
                connection.Send(new GoAway(after, "The server is stopping."));
            connection.Close(CloseCode.GoingAway, "The server is stopping.");
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The sweep failed at connection {Id}")]
    private partial void LogFault(Exception exception, string id);
}
