using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Operations.Health;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Operations.Bridge;

internal static class BridgeSetup
{
    public static IServiceCollection AddBridge(this IServiceCollection services)
    {
        services.TryAddSingleton(new BridgeOptions());
        services.AddSingleton<BridgeProbe>();
        services.AddSingleton<BridgeIncidents>();
        services.AddSingleton<BridgeMetrics>();
        services.AddSingleton<AgentBridge>();
        services.AddSingleton(provider => new ComponentProbe(AgentBridge.Component, Required: false, _ =>
        {
            var view = provider.GetRequiredService<AgentBridge>().View();
            return view.State == BridgeState.Active
                ? Task.CompletedTask
                : Task.FromException(new ComponentTroubleException(BridgeWords.ForHealth(view)));
        }));
        services.AddStartupStep(StartupPhase.Websocket, "bridge from runs to devices", BeginAsync);
        return services;
    }

    public static IResult Get(AgentBridge bridge) => Results.Json(bridge.View(), ApexJson.Default.BridgeView);

    /// <summary>Waits for the first probe, but not long: a server whose way is broken starts all the same, degraded, and says so.</summary>
    private static async Task BeginAsync(IServiceProvider provider, CancellationToken cancellationToken)
    {
        var bridge = provider.GetRequiredService<AgentBridge>();
        await provider.GetRequiredService<BackgroundWork>().BeginAsync(bridge, cancellationToken);
        var waited = Task.Delay(provider.GetRequiredService<BridgeOptions>().StartWithin, provider.GetRequiredService<TimeProvider>(), cancellationToken);
        await Task.WhenAny(bridge.Initialized, waited);
    }
}
