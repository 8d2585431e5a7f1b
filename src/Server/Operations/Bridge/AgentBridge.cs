using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Operations.Health;
using Apex.Server.Operations.Notices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Bridge;

/// <summary>
/// Watches over the way from a run to its user's devices: sends probes through all of it, mends what can be mended, keeps events moving
/// by polling while nobody is woken, and tells users, operators and the record. Runs do not wait for it: whatever its state, a run
/// says what it has to say to the feed, and the feed decides.
/// </summary>
internal sealed partial class AgentBridge(
    BridgeProbe probe, ConnectionRegistry registry, BridgeIncidents incidents, OperatorNotices operators, UserNotices users,
    BridgeMetrics metrics, BridgeOptions options, TimeProvider time, ILogger<AgentBridge> logger) : BackgroundService
{
    public const string Component = "bridge";

    private readonly BridgeCondition _condition = new(options);
    private readonly TaskCompletionSource _initialized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private IReadOnlyList<BridgePart> _parts =
        [new(BridgeProbe.Store, null), new(BridgeProbe.HotTier, null), new(BridgeProbe.Delivery, null)];

    private DateTimeOffset _since = time.GetUtcNow();
    private long _nextProbeAt = options.Waits.GetTimestamp();

    public BridgeState State => _condition.State;

    public BridgeView View()
    {
        lock (_gate)
        {
            var next = options.Waits.GetElapsedTime(options.Waits.GetTimestamp(), _nextProbeAt);
            return new BridgeView(
                State, _since, _condition.Failures, _condition.Attempts, Math.Max(0, (long)next.TotalMilliseconds), _parts, incidents.Latest);
        }
    }

    /// <summary>Waits for the first probe, but not long: a server whose way is broken starts all the same, degraded, and says so.</summary>
    public Task WaitForStartAsync(CancellationToken cancellationToken) =>
        Task.WhenAny(_initialized.Task, Task.Delay(options.StartWithin, options.Waits, cancellationToken));

    /// <summary>For <c>/health</c>.</summary>
    public Task AskAsync() => State == BridgeState.Active
        ? Task.CompletedTask
        : Task.FromException(new ComponentTroubleException(BridgeWords.ForHealth(View())));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            Change(_condition.Begin);
            await incidents.LoadAsync(stoppingToken);
            while (true)
            {
                await LookAsync(stoppingToken);
                _initialized.TrySetResult();
                await PauseAsync(_condition.Pause, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops, and with it everything that was watched over.
            _initialized.TrySetResult();
        }
        finally
        {
            await probe.DisposeAsync();
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var recovers = _condition.MustRecover;
        if (recovers)
        {
            await probe.RecoverAsync(cancellationToken);
            WakeAll();
        }

        var parts = await probe.AskAsync(cancellationToken);
        metrics.Probed(parts);
        lock (_gate)
            _parts = [.. parts.Zip(_parts, Keep)];

        var trouble = parts.FirstOrDefault(static part => part.Works == false);
        var before = State;
        Change(trouble is null ? _condition.Passed : () => _condition.DidNotPass(recovers));
        if (recovers)
            metrics.Recovered(trouble is null);
        if (trouble is not null && _condition.MustRecover)
            await TellTroubleAsync(trouble, hasFailed: State == BridgeState.Failed && before != BridgeState.Failed, cancellationToken);
        else if (trouble is null)
            await TellEndAsync(cancellationToken);
    }

    /// <summary>What a part was last seen to do is kept while nobody knows anything newer.</summary>
    private static BridgePart Keep(BridgePart now, BridgePart before) => now with
    {
        LatencyMs = now.LatencyMs ?? before.LatencyMs, LastError = now.LastError ?? before.LastError,
    };

    private async Task TellTroubleAsync(BridgePart trouble, bool hasFailed, CancellationToken cancellationToken)
    {
        var isNew = incidents.Open(trouble.Name, trouble.LastError ?? "", time.GetUtcNow(), _condition.Attempts, hasFailed);
        users.Degraded(Component, BridgeWords.ForUsers(trouble), _condition.Pause + options.ProbeWithin);
        if (isNew || hasFailed)
        {
            LogTrouble(State, trouble.Name, trouble.LastError);
            await operators.TellAnywayAsync(
                new SystemDegraded(
                    Component, BridgeWords.ForOperators(trouble, _condition, options), (long)_condition.Pause.TotalMilliseconds), cancellationToken);
        }
    }

    private async Task TellEndAsync(CancellationToken cancellationToken)
    {
        if (incidents.Close(time.GetUtcNow()) is not { } over)
            return;
        LogOver(over.Part);
        WakeAll();
        users.Recovered(Component, BridgeWords.OverForUsers(over));
        await operators.TellAnywayAsync(new SystemRecovered(Component, BridgeWords.OverForOperators(over)), cancellationToken);
        await incidents.SaveAsync(cancellationToken);
    }

    /// <summary>While events may not wake their readers these look by themselves: later than otherwise, but nothing stands still.</summary>
    private async Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        var clock = options.Waits;
        var until = clock.GetTimestamp() + (long)(pause.TotalSeconds * clock.TimestampFrequency);
        lock (_gate)
            _nextProbeAt = until;
        while (clock.GetElapsedTime(clock.GetTimestamp(), until) is var left && left > TimeSpan.Zero)
        {
            var isWell = State == BridgeState.Active;
            await Task.Delay(WholeMilliseconds(isWell || left < options.PollInterval ? left : options.PollInterval), clock, cancellationToken);
            if (!isWell)
                WakeAll();
        }
    }

    /// <summary>A delay is cut to whole milliseconds; a fraction of one would be none, and looked at again at once until its clock moves.</summary>
    private static TimeSpan WholeMilliseconds(TimeSpan delay) => TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds));

    private void WakeAll()
    {
        foreach (var connection in registry.All())
            connection.Wake();
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            var before = State;
            change();
            if (State == before)
                return;
            _since = time.GetUtcNow();
        }

        metrics.Became(State);
        LogState(State, _condition.Failures, _condition.Attempts);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The bridge from runs to devices is {State} ({Failures} failures in a row, {Attempts} attempts to recover)")]
    private partial void LogState(BridgeState state, int failures, int attempts);

    [LoggerMessage(Level = LogLevel.Error, Message = "The bridge from runs to devices is {State}: {Part}: {Reason}")]
    private partial void LogTrouble(BridgeState state, string part, string? reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The bridge from runs to devices works again ({Part})")]
    private partial void LogOver(string part);
}
