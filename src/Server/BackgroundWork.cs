using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server;

/// <summary>
/// Background services that use the store: the host would make them before the store is open, so a step of the start-up does,
/// and they end when the host stops. One that breaks is told of in the log and begun again after a pause: what it watched over would
/// otherwise go unwatched until the next start.
/// </summary>
internal sealed partial class BackgroundWork(TimeProvider time, ILogger<BackgroundWork> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentStack<(BackgroundService Service, Task Watching)> _started = new();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        while (_started.TryPop(out var one))
        {
            await one.Watching;
            await one.Service.StopAsync(cancellationToken);
        }
    }

    public async Task BeginAsync(BackgroundService service, CancellationToken cancellationToken)
    {
        await service.StartAsync(cancellationToken);
        _started.Push((service, WatchAsync(service)));
    }

    public void Dispose() => _stopping.Dispose();

    private async Task WatchAsync(BackgroundService service)
    {
        for (var pause = FirstPause; await HasBrokenAsync(service); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested)
                return;
            await service.StartAsync(_stopping.Token);
        }
    }

    /// <summary>Waits until the service ends, or the host has begun to stop.</summary>
    private async Task<bool> HasBrokenAsync(BackgroundService service)
    {
        try
        {
            await service.ExecuteTask!.WaitAsync(_stopping.Token); // It was started.
            return false;
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            // From here on its end is waited for where it is stopped.
            return false;
        }
        catch (Exception fault)
        {
            LogBroken(fault, service.GetType().Name);
            return true;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Service} broke; it is begun again.")]
    private partial void LogBroken(Exception exception, string service);
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
