namespace Apex.Simulation.Turns;

/// <summary>The clock of one process: runs on simulated time, and its wall time can be set wrong.</summary>
internal sealed class SimulatedClock(Scheduler scheduler, Actor actor) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Timestamps do not begin at 0, which the product uses for "never".</summary>
    private const long FirstTimestamp = 1_000_000_000;

    /// <summary>How wrong the wall clock is.</summary>
    public TimeSpan Skew { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + scheduler.Now + Skew;

    public override long GetTimestamp() => FirstTimestamp + scheduler.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(scheduler, actor, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimulatedTimer(Scheduler scheduler, Actor actor, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            _version++;
            if (dueTime != Timeout.InfiniteTimeSpan)
                Arm(dueTime, _version);
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan due, int version) => scheduler.After(due, () =>
        {
            if (version != _version || actor.IsDead)
                return;
            if (_period > TimeSpan.Zero)
                Arm(_period, version);
            callback(state);
        });
    }
}
