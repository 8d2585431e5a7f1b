using System.Collections.Concurrent;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs;

/// <summary>
/// The loop that gives every held run its turn, owns the task of each, and hands over what is at work when the process stops. No
/// hosted service, because those are made before the stores are open.
/// </summary>
internal sealed partial class RunExecutor(
    RunQueue queue,
    RunRecovery recovery,
    RunWork work,
    RunMetrics metrics,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<RunExecutor> logger) : IAsyncDisposable
{
    private static readonly TimeSpan RetakeAfter = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<HeldRun, Task> tasks = new();
    private readonly CancellationTokenSource stop =
        CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);

    private Task loop = Task.CompletedTask;

    /// <summary>Runs whose tasks have not ended.</summary>
    public int TaskCount => tasks.Count;

    /// <summary>Takes up what an earlier process left and begins to work.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await recovery.TakeUnfinishedAsync(cancellationToken);
        loop = Task.Run(() => LoopAsync(stop.Token), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }

    private async Task LoopAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                while (queue.TryTakeNext(out var waited) is { } run)
                {
                    metrics.Started(waited, run.IsRecovered);
                    Begin(run, stopping);
                }

                await queue.WaitAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            LogDraining(tasks.Count);
        }

        await Task.WhenAll(tasks.Values);
    }

    private void Begin(HeldRun run, CancellationToken stopping)
    {
        // The entry is there before the task can end and take it out.
        var mayBegin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        tasks[run] = WorkAsync(run, mayBegin.Task, stopping);
        mayBegin.SetResult();
    }

    private async Task WorkAsync(HeldRun run, Task mayBegin, CancellationToken stopping)
    {
        await mayBegin;
        var began = clock.GetTimestamp();
        var departure = new RunDeparture();
        // One taken over has more to do before it needs a core.
        if (!run.IsRecovered)
            run.AnnounceToCores();
        try
        {
            departure = await work.DoAsync(run, stopping);
        }
        catch (Exception fault)
        {
            // Nothing a single run does may end this loop or the process.
            departure.WasLetGo = true;
            LogFault(fault, run.Id.Value);
        }

        run.LeaveCores();
        queue.LetGo(run);
        if (run.HasEnded)
            metrics.Ended(run.Record.State, clock.GetElapsedTime(began));
        await departure.LeftBehind;
        // What came while the run was on its way out found nobody to wake.
        if (departure.IsPaused && !stopping.IsCancellationRequested)
            await RetakeAsync(run, TimeSpan.Zero, stopping);
        else if (departure.WasLetGo && !stopping.IsCancellationRequested)
            await RetakeAsync(run, RetakeAfter, stopping);
        tasks.TryRemove(run, out _);
    }

    private async Task RetakeAsync(HeldRun run, TimeSpan pause, CancellationToken stopping)
    {
        for (; !stopping.IsCancellationRequested; pause = RetakeAfter)
        {
            try
            {
                await Task.Delay(pause, clock, stopping);
                await recovery.TakeAsync(run.User, run.Id, stopping);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (StorageUnavailableException away)
            {
                LogStillAway(away, run.Id.Value);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The run executor stops; {Count} runs at work are handed over.")]
    private partial void LogDraining(int count);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Run {RunId} left its executor with a fault.")]
    private partial void LogFault(Exception exception, string runId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {RunId} still waits for the store.")]
    private partial void LogStillAway(Exception exception, string runId);
}
