using Apex.Server.Operations.Health;
using Apex.Server.Operations.Metrics;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Usage.Query;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Apex.Server.Operations;

/// <summary>How the server starts, stops, and tells how it is. Added last, for its start marks that all others have started.</summary>
internal static class OperationsSetup
{
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddSingleton<HttpEdge>();
        services.AddSingleton<ErrorReplies>();
        services.AddSingleton<HttpMetrics>();
        services.AddSingleton<MetricsListener>();
        services.AddSingleton<HealthCheck>();
        services.AddSingleton(provider => ComponentProbes.StoreWrite(
            provider.GetRequiredService<IDocumentStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => ComponentProbes.StoreRead(provider.GetRequiredService<IDocumentStore>()));
        services.AddSingleton(provider => ComponentProbes.Feed(provider.GetRequiredService<IFeed>()));
        services.AddSingleton(provider => ComponentProbes.UsageLog(provider.GetRequiredService<IUsageLog>()));

        // Listening from the first phase on, so that what the rooms count while starting is in the figures.
        services.AddStartupStep(StartupPhase.Init, "metrics", (provider, _) =>
        {
            provider.GetRequiredService<MetricsListener>();
            return Task.CompletedTask;
        });
        services.AddSingleton<EventKeeper>();
        services.AddStartupStep(StartupPhase.Finalize, "retention of events", (provider, _) =>
        {
            provider.GetRequiredService<EventKeeper>().Start();
            return Task.CompletedTask;
        });
        services.AddSingleton<StartupSequence>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<StartupSequence>());
        return services;
    }

    public static void UseOperations(this IApplicationBuilder app)
    {
        var errors = app.ApplicationServices.GetRequiredService<ErrorReplies>();
        var edge = app.ApplicationServices.GetRequiredService<HttpEdge>();
        app.Use(next => context => errors.HandleAsync(context, next));
        app.Use(next => context => edge.HandleAsync(context, next));
    }

    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        HealthEndpoints.Map(routes);
        MetricsEndpoint.Map(routes);
    }
}
