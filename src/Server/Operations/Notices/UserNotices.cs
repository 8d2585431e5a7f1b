using Apex.Protocol.Frames;
using Apex.Server.Connections;
using Microsoft.Extensions.Hosting;

namespace Apex.Server.Operations.Notices;

/// <summary>
/// Tells everybody who is connected what of the server does not do as it should, when it is expected to be over, and that it is. By frames
/// that are not stored: often it is the store that fails, and who comes later needs to know only what is wrong then. Who connects while
/// it lasts is told within <see cref="LookInterval"/>. Safe for concurrent use.
/// </summary>
internal sealed class UserNotices(ConnectionRegistry registry, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Trouble> _troubles = [];
    private TaskCompletionSource _changed = New();

    /// <summary>Says it, or says it anew when it has changed.</summary>
    /// <param name="component">The next word on the same part takes this one's place.</param>
    /// <param name="over">From now until it may be over; null when nobody can tell.</param>
    public void Degraded(string component, string message, TimeSpan? over)
    {
        lock (_gate)
        {
            var due = over is { } wait ? time.GetUtcNow() + wait : (DateTimeOffset?)null;
            _troubles[component] = new Trouble(message, due, _troubles.GetValueOrDefault(component)?.Concerned ?? []);
            _changed.TrySetResult();
        }

        TellAll();
    }

    /// <summary>Says it to those who were told of the trouble; does nothing when there was none.</summary>
    public void Recovered(string component, string message)
    {
        Trouble? over;
        lock (_gate)
            _troubles.Remove(component, out over);
        if (over is null)
            return;
        foreach (var connection in registry.All().Where(one => over.Concerned.Contains(one.Id)))
            connection.Send(new ServiceStatus(component, ServiceCondition.Recovered, message));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _changed.Task.WaitAsync(stoppingToken);
                await Task.Delay(LookInterval, time, stoppingToken);
                lock (_gate)
                {
                    if (_troubles.Count == 0)
                        _changed = New();
                }

                TellAll();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The connections end too, and with them whoever could be told.
            return;
        }
    }

    private void TellAll()
    {
        lock (_gate)
        {
            if (_troubles.Count == 0)
                return;
            var open = registry.All();
            foreach (var (component, trouble) in _troubles)
                TellAll_NeedsLock(open, component, trouble);
        }
    }

    private void TellAll_NeedsLock(IReadOnlyList<Connection> open, string component, Trouble trouble)
    {
        var present = open.Select(static connection => connection.Id).ToHashSet();
        trouble.Told.IntersectWith(present);
        trouble.Concerned.IntersectWith(present);
        foreach (var connection in open)
        {
            // Clients of the Netra dialect do not know the frame.
            if (connection.IsClosing || !connection.Cursor.IsStarted || !connection.Dialect.CanRefresh || !trouble.Told.Add(connection.Id))
                continue;
            trouble.Concerned.Add(connection.Id);
            var left = trouble.Due is { } due ? Math.Max(0, (long)(due - time.GetUtcNow()).TotalMilliseconds) : (long?)null;
            connection.Send(new ServiceStatus(component, ServiceCondition.Degraded, trouble.Message, left));
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="Concerned">Connections that know of the part's trouble, in whatever words.</param>
    private sealed record Trouble(string Message, DateTimeOffset? Due, HashSet<string> Concerned)
    {
        /// <summary>Connections that know it in these words.</summary>
        public HashSet<string> Told { get; } = [];
    }
}
