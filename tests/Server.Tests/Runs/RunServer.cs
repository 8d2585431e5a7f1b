using Apex.Agents.Execution;
using Apex.Server.Runs;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Tests.Runs;

/// <summary>The real server with a scripted supervisor.</summary>
internal static class RunServer
{
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
