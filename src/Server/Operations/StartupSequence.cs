using Apex.Protocol.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations;

/// <summary>
/// Runs the seven phases around the start of the host: the first four before any hosted service starts, <c>services</c> while they
/// do, <c>websocket</c> while the server begins to listen, <c>finalize</c> after that. Ready once all have passed.
/// </summary>
/// <remarks>Registered after every other hosted service, so that its own start marks that they have started.</remarks>
internal sealed partial class StartupSequence(IEnumerable<StartupStep> steps, TimeProvider time, ILogger<StartupSequence> log)
    : IHostedLifecycleService
{
    private readonly Lock _lock = new();
    private readonly PhaseState[] _phases = [.. Enum.GetValues<StartupPhase>().Select(phase => new PhaseState(phase))];
    private volatile bool _ready;
    private volatile bool _started;

    /// <summary>All phases have passed once, whatever came after.</summary>
    public bool HasStarted => _started;

    /// <summary>All phases have passed and the server is not stopping.</summary>
    public bool IsReady => _ready;

    public StartupView View()
    {
        lock (_lock)
        {
            var phases = _phases.Select(phase => phase.View(time)).ToArray();
            return new StartupView(IsReady, Math.Round(phases.Sum(phase => phase.DurationMs ?? 0), 1), phases);
        }
    }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var phase in new[] { StartupPhase.Init, StartupPhase.Dependencies, StartupPhase.Database, StartupPhase.Cache })
        {
            Begin(phase);
            await RunStepsAsync(phase, cancellationToken);
            Pass(phase);
        }

        Begin(StartupPhase.Services);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await RunStepsAsync(StartupPhase.Services, cancellationToken);
        Pass(StartupPhase.Services);
        Begin(StartupPhase.Websocket);
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await RunStepsAsync(StartupPhase.Websocket, cancellationToken);
        Pass(StartupPhase.Websocket);
        Begin(StartupPhase.Finalize);
        await RunStepsAsync(StartupPhase.Finalize, cancellationToken);
        Pass(StartupPhase.Finalize);
        _started = true;
        _ready = true;
        var took = View().TotalMs;
        LogReady(log, took);
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _ready = false;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RunStepsAsync(StartupPhase phase, CancellationToken cancellationToken)
    {
        foreach (var step in steps.Where(step => step.Phase == phase))
        {
            try
            {
                await step.Run(cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                Fail(phase, e.Message);
                throw new StartupFailedException($"Start-up failed in phase {Name(phase)}, {step.Name}: {OneLine(e.Message)}", e);
            }
        }
    }

    private void Begin(StartupPhase phase)
    {
        lock (_lock)
            _phases[(int)phase].Begin(time.GetTimestamp());
    }

    private void Pass(StartupPhase phase)
    {
        var name = Name(phase);
        double milliseconds;
        lock (_lock)
            milliseconds = _phases[(int)phase].End(StartupPhaseState.Passed, time).TotalMilliseconds;
        LogPassed(log, name, milliseconds);
    }

    private void Fail(StartupPhase phase, string error)
    {
        lock (_lock)
        {
            _phases[(int)phase].End(StartupPhaseState.Failed, time);
            _phases[(int)phase].Error = error;
        }
    }

    private static string Name(StartupPhase phase) => phase.ToString().ToLowerInvariant();

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.') + ".";

    [LoggerMessage(Level = LogLevel.Debug, Message = "Start-up phase {Phase} passed in {Milliseconds:F1} ms")]
    private static partial void LogPassed(ILogger logger, string phase, double milliseconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready after {Milliseconds:F0} ms")]
    private static partial void LogReady(ILogger logger, double milliseconds);

    private sealed class PhaseState(StartupPhase phase)
    {
        private StartupPhaseState _state = StartupPhaseState.Pending;
        private long _began;
        private TimeSpan? _took;

        public string? Error { get; set; }

        public void Begin(long now) => (_state, _began) = (StartupPhaseState.Running, now);

        public TimeSpan End(StartupPhaseState state, TimeProvider time)
        {
            _state = state;
            _took = time.GetElapsedTime(_began);
            return _took.Value;
        }

        public StartupPhaseView View(TimeProvider time)
        {
            var took = _took ?? (_state == StartupPhaseState.Running ? time.GetElapsedTime(_began) : null);
            return new StartupPhaseView(Name(phase), _state, took is { } t ? Math.Round(t.TotalMilliseconds, 1) : null, Error);
        }
    }
}
