using Apex.Agents.Execution;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Operations;
using Apex.Server.Operations.Bridge;
using Apex.Server.Tests.Runs;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Tests.Operations;

/// <summary>The real server whose bridge looks often and gives up soon, and whose feed can be broken.</summary>
internal static class BridgeServer
{
    public static readonly BridgeOptions Quick = new()
    {
        ProbeInterval = TimeSpan.FromMilliseconds(50),
        ProbeWithin = TimeSpan.FromSeconds(1),
        LookAgainAfter = TimeSpan.FromMilliseconds(50),
        FirstPause = TimeSpan.FromMilliseconds(50),
        LongestPause = TimeSpan.FromMilliseconds(200),
        StartWithin = TimeSpan.FromMilliseconds(500),
        PollInterval = TimeSpan.FromMilliseconds(50),
    };

    public static async Task<(ApexTestServer Server, BridgeFeed Feed)> StartAsync(
        BridgeOptions? bridge = null, ISupervisor? supervisor = null, Func<ApexServerOptions, ApexServerOptions>? options = null,
        Action<BridgeFeed>? prepare = null, Action<IServiceCollection>? services = null)
    {
        BridgeFeed? made = null;
        var server = await ApexTestServer.StartAsync(options, builder =>
        {
            builder.Services.AddSingleton(bridge ?? Quick);
            if (supervisor is not null)
                builder.Services.Replace(ServiceDescriptor.Singleton(supervisor));
            builder.Services.Replace(ServiceDescriptor.Singleton<IFeed>(provider =>
            {
                made = new BridgeFeed(() => provider.GetRequiredService<EmbeddedStore>().Open.Feed);
                prepare?.Invoke(made);
                return made;
            }));
            services?.Invoke(builder.Services);
        });
        _ = server.Services.GetRequiredService<IFeed>();
        return (server, made!);
    }

    public static BridgeState StateOf(this ApexTestServer server) => server.Services.GetRequiredService<AgentBridge>().State;

    public static Task BecomesAsync(this ApexTestServer server, BridgeState state) =>
        Eventually.HoldsAsync(() => server.StateOf() == state, $"the bridge is {state}; it is {server.StateOf()}");

    public static async Task<BridgeView> ViewAsync(this ApexTestServer server)
    {
        using var administrator = server.As(await server.LogInAsAdministratorAsync());
        return await administrator.GetAsync("/api/admin/bridge", ApexJson.Default.BridgeView);
    }
}
