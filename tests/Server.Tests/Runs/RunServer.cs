using Apex.Agents.Execution;
using Apex.Protocol.Http;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Tests.Runs;

/// <summary>The real server with a scripted supervisor.</summary>
internal static class RunServer
{
    /// <summary>No limit of a tier stands in the way: hundreds of runs of one user at once.</summary>
    public static ApexServerOptions WithRoom(ApexServerOptions options) => new()
    {
        DataFolder = options.DataFolder,
        Port = 0,
        Durability = options.Durability,
        AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail,
        AdminPassword = options.AdminPassword,
        Tiers = Enum.GetValues<Tier>().ToDictionary(
            tier => tier,
            _ => new TierLimits(1_000_000, 10_000, 100, 1_000, 10_000, TimeSpan.FromMinutes(10), null, TimeSpan.FromDays(1))),
    };

    public static Task<ApexTestServer> StartAsync(
        ISupervisor supervisor,
        Func<ApexServerOptions, ApexServerOptions>? options = null,
        Action<RunsOptions>? runs = null,
        Action<IServiceCollection>? services = null) =>
        ApexTestServer.StartAsync(options, builder =>
        {
            builder.Services.Replace(ServiceDescriptor.Singleton(supervisor));
            if (runs is not null)
                builder.Services.Configure(runs);
            services?.Invoke(builder.Services);
        });
}
