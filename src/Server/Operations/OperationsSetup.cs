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
        services.AddSingleton<DataFolderLock>();
        services.AddStartupStep(StartupPhase.Init, "data folder", (provider, _) =>
        {
            provider.GetRequiredService<DataFolderLock>().Take();
            return Task.CompletedTask;
        });
        services.AddSingleton<StartupSequence>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<StartupSequence>());
        return services;
    }

    public static void UseOperations(this IApplicationBuilder app)
    {
    }

    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
    }
}
