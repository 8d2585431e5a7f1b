using System.Reflection;
using Apex.Protocol.Http;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Health;

/// <summary>
/// Asks the components how they are, at most once a second however often somebody wants to know. Safe for concurrent use.
/// </summary>
internal sealed partial class HealthCheck(
    IEnumerable<ComponentProbe> probes, StartupSequence startup, TimeProvider time, ILogger<HealthCheck> log)
{
    public static readonly string Version = typeof(HealthCheck).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>A component that has not answered by then does not work.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<HealthView>? _latest;
    private long _askedAt;

    /// <summary>
    /// Unhealthy while starting or stopping, and when a required component does not work; degraded when another does not.
    /// </summary>
    public Task<HealthView> AskAsync()
    {
        if (!startup.IsReady)
            return Task.FromResult(new HealthView(HealthState.Unhealthy, Version, []));

        lock (_lock)
        {
            if (_latest is null || (_latest.IsCompleted && time.GetElapsedTime(_askedAt) > GoodFor))
            {
                _askedAt = time.GetTimestamp();
                _latest = AskAllAsync();
            }

            return _latest;
        }
    }

    private async Task<HealthView> AskAllAsync()
    {
        var components = await Task.WhenAll(probes.Select(AskOneAsync));
        return new HealthView(components.Max(component => component.Status), Version, components);
    }

    private async Task<ComponentHealth> AskOneAsync(ComponentProbe probe)
    {
        var began = time.GetTimestamp();
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            // The probe may ignore its token; the answer must not wait for it all the same.
            await Task.Run(() => probe.Ask(patience.Token), patience.Token).WaitAsync(Patience, time);
            return new ComponentHealth(probe.Name, HealthState.Healthy, Math.Round(time.GetElapsedTime(began).TotalMilliseconds, 2));
        }
        catch (Exception e)
        {
            LogFailed(log, probe.Name, e);
            return new ComponentHealth(
                probe.Name, probe.Required ? HealthState.Unhealthy : HealthState.Degraded, LastError: SafeReason(e));
        }
    }

    /// <summary>Health is open to all, so only texts that were written to be shown are.</summary>
    private static string SafeReason(Exception exception) => exception switch
    {
        TimeoutException or OperationCanceledException => $"No answer within {Patience.TotalSeconds} s.",
        StorageUnavailableException or ComponentTroubleException => exception.Message,
        _ => "It failed; the server's log says why.",
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Health probe {Component} failed")]
    private static partial void LogFailed(ILogger logger, string component, Exception exception);
}
