using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Apex.Server;

/// <summary>
/// Background services that use the store: the host would make them before the store is open, so a step of the start-up does,
/// and they end when the host stops.
/// </summary>
internal sealed class BackgroundWork : IHostedService
{
    private readonly ConcurrentStack<BackgroundService> _started = new();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        while (_started.TryPop(out var service))
            await service.StopAsync(cancellationToken);
    }

    public async Task BeginAsync(BackgroundService service, CancellationToken cancellationToken)
    {
        _started.Push(service);
        await service.StartAsync(cancellationToken);
    }
}

internal static class BackgroundWorkSetup
{
    /// <param name="name">Shown with the start-up's steps.</param>
    public static IServiceCollection AddBackgroundWork<TService>(this IServiceCollection services, string name)
        where TService : BackgroundService
    {
        services.AddSingleton<TService>();
        return services.AddStartupStep(StartupPhase.Services, name, (provider, cancellationToken) =>
            provider.GetRequiredService<BackgroundWork>().BeginAsync(provider.GetRequiredService<TService>(), cancellationToken));
    }
}
