using Apex.Server.Connections.Confirmation;
using Apex.Server.Connections.Door;
using Apex.Server.Connections.Framing;
using Apex.Server.Connections.Upgrade;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Connections;

/// <summary>The door of the room of sockets.</summary>
internal static class ConnectionsSetup
{
    public const string Path = "/ws";

    // Not AddConnections: the framework has a method of that name for the same type.
    public static IServiceCollection AddFeedConnections(this IServiceCollection services)
    {
        services.TryAddSingleton(new ConnectionsOptions());
        services.TryAddSingleton(Random.Shared);
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<ConnectionsOptions>();
            return new InboundBudget(options.InboundBudgetBytes, options.InboundPatience, provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<ConnectionRegistry>();
        services.AddSingleton<ConnectionMetrics>();
        services.AddSingleton<FrameRouter>();
        services.AddSingleton<ConnectionSurroundings>();
        services.AddSingleton<ReachabilityCheck>();
        services.AddSingleton<UpgradeEndpoint>();
        // In front of the HTTP server's own listener: the last one that is added and can bind an address is asked.
        services.AddSingleton<IConnectionListenerFactory>(static provider => ActivatorUtilities.CreateInstance<SocketDoor>(
            provider, new Lazy<UpgradeEndpoint>(provider.GetRequiredService<UpgradeEndpoint>)));
        services.AddHostedService<ConnectionSweep>();
        services.AddBackgroundWork<Receipts>("receipts of delivery");
        return services;
    }

    /// <summary>
    /// For whoever does not come by the <see cref="SocketDoor"/>. Ahead of routing and log-in, which the room does itself: each layer between
    /// the server and a socket is held in memory as long as that is open.
    /// </summary>
    public static void UseFeedConnections(this IApplicationBuilder app)
    {
        // Made when the first socket is asked for: it needs the store, which the start-up opens later than this.
        var door = new Lazy<UpgradeEndpoint>(app.ApplicationServices.GetRequiredService<UpgradeEndpoint>);
        app.Use(next => context =>
            context.Request.Path.Value?.TrimEnd('/') == Path && HttpMethods.IsGet(context.Request.Method)
                ? door.Value.HandleAsync(new HttpCaller(context), context.RequestAborted)
                : next(context));
    }
}
