using System.Diagnostics.Metrics;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Operations.Notices;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Performance;

/// <summary>
/// Sums each minute up: how long things took, how much went through, what went wrong, how much memory is in use. Keeps 24 hours, over
/// restarts too, and tells the operators when a service level is not held over the last five minutes, and when it is again.
/// </summary>
internal sealed partial class PerformanceMonitor(
    IMeterFactory meters, ConnectionRegistry registry, ConnectionMetrics connections, OperatorNotices notices, IDocumentStore documents,
    TimeProvider time, ILogger<PerformanceMonitor> logger) : BackgroundService
{
    public const int MinutesKept = 24 * 60;
    private const int MinutesJudged = 5;
    private const int SaveEvery = 5;

    /// <summary>Fewer durations than this say nothing about a share of 99 %.</summary>
    private const int FewestJudged = 20;

    /// <summary>Nobody's organisation: what the server keeps for itself.</summary>
    private const string Own = "apex-operations";

    private const string Document = "performance";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LatencySketch> _sketches =
        ServiceLevel.All.ToDictionary(static level => level.Name, static level => new LatencySketch(level.TargetMs));

    private readonly HashSet<string> _missed = [];
    private Queue<PerformanceMinute> _minutes = new();
    private Counts _before;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<PerformanceMinute> Minutes
    {
        get
        {
            lock (_lock)
                return [.. _minutes];
        }
    }

    /// <summary>Ends the present minute. Called once a minute; tests call it when they want one.</summary>
    public async Task CloseMinuteAsync(CancellationToken cancellationToken)
    {
        var now = Count();
        var minute = new PerformanceMinute(
            time.GetUtcNow(), _sketches.Select(static pair => (pair.Key, Figures: pair.Value.Take())).Where(static one => one.Figures is not null)
                .ToDictionary(static one => one.Key, static one => one.Figures!),
            registry.Count, now.FramesSent - _before.FramesSent, now.Refusals - _before.Refusals,
            registry.Unconfirmed().Count, Environment.WorkingSet,
            GC.GetTotalMemory(forceFullCollection: false), CpuPercent(now));
        _before = now;
        lock (_lock)
        {
            _minutes.Enqueue(minute);
            while (_minutes.Count > MinutesKept)
                _minutes.Dequeue();
        }

        await JudgeAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TryAsync(LoadAsync, stoppingToken);
        using var listener = Listen();
        _before = Count();
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), time);
        try
        {
            for (var closed = 1; await timer.WaitForNextTickAsync(stoppingToken); closed++)
            {
                await TryAsync(CloseMinuteAsync, stoppingToken);
                if (closed % SaveEvery == 0)
                    await TryAsync(SaveAsync, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await TryAsync(SaveAsync, CancellationToken.None);
        }
    }

    private MeterListener Listen()
    {
        var byInstrument = ServiceLevel.All.ToDictionary(static level => level.Instrument, level => _sketches[level.Name]);
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, hears) =>
            {
                if (byInstrument.TryGetValue(instrument.Name, out var sketch) && (instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, meters)))
                    hears.EnableMeasurementEvents(instrument, sketch);
            },
        };
        listener.SetMeasurementEventCallback<double>(static (_, value, _, state) => ((LatencySketch)state!).Record(value));
        listener.Start();
        return listener;
    }

    private Counts Count() =>
        new(connections.FramesSent, connections.Refusals, Environment.CpuUsage.TotalTime, time.GetTimestamp());

    private double CpuPercent(Counts now)
    {
        var passed = time.GetElapsedTime(_before.At, now.At).TotalMilliseconds;
        return passed <= 0 ? 0 : Math.Round((now.Cpu - _before.Cpu).TotalMilliseconds / passed * 100, 1);
    }

    private async Task JudgeAsync(CancellationToken cancellationToken)
    {
        var recent = Minutes.TakeLast(MinutesJudged).ToList();
        foreach (var level in ServiceLevel.All)
        {
            var standing = level.Over(recent);
            if (standing.Count < FewestJudged && !_missed.Contains(level.Name))
                continue;
            var isMissed = standing.Count >= FewestJudged && !standing.Met;
            if (isMissed && _missed.Add(level.Name))
            {
                await notices.DegradedAsync(
                    level.Name,
                    $"Service level {level.Name}: in the last {MinutesJudged} minutes {standing.Share:P1} of {standing.Count:N0} were within "
                    + $"{level.TargetMs:N0} ms; the objective is {level.Objective:P1}.",
                    cancellationToken);
            }
            else if (!isMissed && _missed.Remove(level.Name))
            {
                await notices.RecoveredAsync(level.Name, $"Service level {level.Name} is held again.", cancellationToken);
            }
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (await documents.FindAsync(Own, Document, cancellationToken) is not { } kept)
            return;
        var oldest = time.GetUtcNow() - TimeSpan.FromMinutes(MinutesKept);
        var minutes = JsonSerializer.Deserialize(kept.Span, ApexJson.Default.PerformanceView)?.Minutes ?? [];
        lock (_lock)
            _minutes = new Queue<PerformanceMinute>(minutes.Where(minute => minute.At > oldest).Concat(_minutes).TakeLast(MinutesKept));
    }

    private async Task SaveAsync(CancellationToken cancellationToken) => await documents.SaveAsync(
        Own, Document, JsonSerializer.SerializeToUtf8Bytes(new PerformanceView([], Minutes), ApexJson.Default.PerformanceView), cancellationToken);

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception exception) when (exception is StorageUnavailableException or JsonException)
        {
            // The figures of some minutes are worth less than the server that they are about.
            LogNotKept(exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The history of the performance could not be read or kept, or nobody told of it")]
    private partial void LogNotKept(Exception exception);

    private readonly record struct Counts(long FramesSent, long Refusals, TimeSpan Cpu, long At);
}
