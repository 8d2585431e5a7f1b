using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

/// <summary>The options of a test server with what these tests change.</summary>
internal static class TestOptions
{
    public static ApexServerOptions With(
        ApexServerOptions options, bool tokenInQuery = false, bool developmentLogin = false, string? bypassKey = null,
        int connections = 5, int messagesPerMinute = 600, int runsAtOnce = 4) => new()
    {
        DataFolder = options.DataFolder,
        Port = options.Port,
        Durability = options.Durability,
        AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail,
        AdminPassword = options.AdminPassword,
        TokenInQuery = tokenInQuery,
        DevelopmentLogin = developmentLogin,
        BypassKey = bypassKey,
        Tiers = Enum.GetValues<Tier>().ToDictionary(
            tier => tier,
            _ => new TierLimits(
                messagesPerMinute, 200, connections, runsAtOnce, 100, TimeSpan.FromSeconds(60), null, TimeSpan.FromDays(7))),
    };

    /// <summary>Replaces the limits of the sockets, and the clock where one is given.</summary>
    public static Action<WebApplicationBuilder> Sockets(ConnectionsOptions options, TimeProvider? time = null) => builder =>
    {
        builder.Services.AddSingleton(options);
        if (time is not null)
            builder.Services.AddSingleton(time);
    };
}
