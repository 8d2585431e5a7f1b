using System.Diagnostics.Metrics;
using Apex.Simulation.Turns;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Simulation.Worlds;

/// <summary>The stopping of one life of the server.</summary>
internal sealed class ServerLifetime : IHostApplicationLifetime
{
    private readonly CancellationTokenSource _stopping = new();

    public CancellationToken ApplicationStarted => CancellationToken.None;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void StopApplication() => _stopping.Cancel();
}

/// <summary>Meters that nobody reads. The framework holds each until it is disposed of, and with it the life it belongs to.</summary>
internal sealed class UnreadMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(static meter => meter.Dispose());
}

/// <summary>A server that logs a failure of its own has one: only what the disk does to the store is expected.</summary>
internal sealed class WatchfulLoggers(History history) : ILoggerFactory
{
    private static readonly string[] Expected = ["Apex.Storage.Sqlite.SqliteWriter", "Apex.Server.Runs.RunStarter"];

    public ILogger CreateLogger(string categoryName) => new Watchful(history, Expected.Contains(categoryName));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Watchful(History history, bool isExpected) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error && !isExpected)
                history.Fail($"The server logs: {formatter(state, exception)} {exception}");
        }
    }
}
