using Apex.Server.Operations.Notices;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Validation;

/// <summary>Tells the operators of runs that are at work and say nothing, and when there are none any more: one notice for all of them.</summary>
internal sealed partial class SilentRunWatch(
    RunValidation validation, OperatorNotices notices, TimeProvider time, ILogger<SilentRunWatch> logger) : BackgroundService
{
    private const string Component = "runs";
    private const int MostNamed = 5;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private bool _isDegraded;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await LookAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; its runs are looked at again after the next start.
            return;
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var silent = await validation.SilentAsync(cancellationToken);
            if (silent.Count > 0 == _isDegraded)
                return;
            if (_isDegraded)
            {
                await notices.RecoveredAsync(Component, "No run at work is silent any more.", cancellationToken);
            }
            else
            {
                var named = string.Join(", ", silent.Take(MostNamed).Select(static view => view.RunId.Value));
                await notices.DegradedAsync(
                    Component,
                    $"{(silent.Count == 1 ? "1 run at work has" : $"{silent.Count} runs at work have")} said nothing for "
                    + $"{silent.Max(static view => view.SilentMs) / 1_000} s ({named}{(silent.Count > MostNamed ? ", …" : "")}); "
                    + "GET /api/admin/validation names all.",
                    cancellationToken);
            }

            _isDegraded = !_isDegraded;
        }
        catch (StorageUnavailableException unavailable)
        {
            // Looked at again at the next turn.
            LogNotLooked(unavailable);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "It could not be seen whether runs are silent; it is tried again")]
    private partial void LogNotLooked(Exception exception);
}
