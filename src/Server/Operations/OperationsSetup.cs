using Apex.Agents.ChatModels;
using Apex.Agents.Dependencies;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Server.Alerts;
using Apex.Server.Operations.Bridge;
using Apex.Server.Operations.Broadcasts;
using Apex.Server.Operations.Delivery;
using Apex.Server.Operations.Health;
using Apex.Server.Operations.Metrics;
using Apex.Server.Operations.Notices;
using Apex.Server.Operations.Performance;
using Apex.Server.Operations.Quality;
using Apex.Server.Operations.Users;
using Apex.Server.Operations.Validation;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Usage.Query;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
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
        services.AddSingleton(provider => ComponentProbes.ToolDependencies(provider.GetRequiredService<ToolDependencies>()));
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
        services.AddBackgroundWork<DocumentKeeper>("retention of results");
        services.AddSingleton<UserAdministration>();
        services.AddSingleton<UserEndpoints>();
        services.AddSingleton<DeliveryEndpoints>();
        services.AddSingleton<OperatorWebhook>();
        services.AddSingleton<OperatorNotices>();
        services.AddBackgroundWork<UserNotices>("notices for users");
        services.AddBackgroundWork<ModelWatch>("watch over chat models");
        services.AddSingleton(provider => ModelWatch.Probe(provider.GetRequiredService<ModelConditions>()));
        AddBridge(services);
        services.AddBackgroundWork<PerformanceMonitor>("performance monitor");
        services.AddBackgroundWork<QualitySampler>("quality of answers");
        services.AddBackgroundWork<DeliveryWatch>("watch over delivery");
        services.AddSingleton<RunValidation>();
        services.AddSingleton<ValidationEndpoints>();
        services.AddBackgroundWork<SilentRunWatch>("watch over silent runs");
        services.AddSingleton<BroadcastEndpoints>();
        services.AddBackgroundWork<Broadcaster>("broadcasts");
        services.AddStartupStep(StartupPhase.Services, "delivery of alerts", (provider, _) =>
        {
            provider.GetRequiredService<AlertSignal>().Raised += provider.GetRequiredService<Broadcaster>().Begin;
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
        routes.MapGet("/api/runs/{id}/delivery", (string id, HttpContext http, DeliveryEndpoints delivery) => delivery.GetRunAsync(id, http))
            .RequireAuthorization();
        routes.MapGet(
            "/api/runs/{id}/validation", (string id, HttpContext http, ValidationEndpoints validation) => validation.GetRunAsync(id, http))
            .RequireAuthorization();
        routes.MapGet("/api/broadcasts", (HttpContext http, BroadcastEndpoints broadcasts) => broadcasts.ListOwnAsync(http)).RequireAuthorization();
        routes.MapPost(
            "/api/broadcasts/{id}/dismiss", (string id, HttpContext http, BroadcastEndpoints broadcasts) => broadcasts.DismissAsync(id, http))
            .RequireAuthorization();

        var admin = routes.MapGroup("/api/admin").RequireAuthorization(Roles.Admin);
        admin.MapGet("/connections", (HttpContext http, DeliveryEndpoints delivery) => delivery.GetConnectionsAsync(http));
        admin.MapGet("/users", (string? search, string? cursor, int? limit, HttpContext http, UserEndpoints users) =>
            users.ListAsync(search, cursor, limit, http));
        admin.MapPut("/users/{id}", (string id, ManagedUserRequest body, HttpContext http, UserEndpoints users) => users.PutAsync(id, body, http));
        admin.MapGet("/performance", PerformanceEndpoint.Get);
        admin.MapGet("/quality", QualityEndpoints.Get);
        admin.MapGet("/quality/{user}/{run}", QualityEndpoints.GetRunAsync);
        admin.MapGet("/validation", (int? hours, HttpContext http, ValidationEndpoints validation) => validation.GetReportAsync(hours, http));
        admin.MapGet("/bridge", BridgeEndpoint.Get);
        admin.MapPost("/broadcasts", (BroadcastRequest body, HttpContext http, BroadcastEndpoints broadcasts) => broadcasts.PostAsync(body, http));
        admin.MapGet("/broadcasts", (HttpContext http, BroadcastEndpoints broadcasts) => broadcasts.ListAsync(http));
        admin.MapGet("/broadcasts/{id}", (string id, HttpContext http, BroadcastEndpoints broadcasts) => broadcasts.GetAsync(id, http));
    }

    private static void AddBridge(IServiceCollection services)
    {
        services.TryAddSingleton(new BridgeOptions());
        services.AddSingleton<BridgeProbe>();
        services.AddSingleton<BridgeIncidents>();
        services.AddSingleton<BridgeMetrics>();
        services.AddSingleton<AgentBridge>();
        services.AddSingleton(provider => new ComponentProbe(
            AgentBridge.Component, Required: false, _ => provider.GetRequiredService<AgentBridge>().AskAsync()));
        services.AddStartupStep(StartupPhase.Websocket, "bridge from runs to devices", async (provider, cancellationToken) =>
        {
            var bridge = provider.GetRequiredService<AgentBridge>();
            await provider.GetRequiredService<BackgroundWork>().BeginAsync(bridge, cancellationToken);
            await bridge.WaitForStartAsync(cancellationToken);
        });
    }
}
