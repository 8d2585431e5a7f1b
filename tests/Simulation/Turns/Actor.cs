namespace Apex.Simulation.Turns;

/// <summary>
/// One process of the simulated world: what awaits in it goes on in its turns. Killing it is like kill -9: nothing of it runs again.
/// </summary>
internal sealed class Actor : SynchronizationContext
{
    private readonly Scheduler _scheduler;

    public Actor(Scheduler scheduler, string name)
    {
        _scheduler = scheduler;
        Name = name;
        Clock = new SimulatedClock(scheduler, this);
    }

    public string Name { get; }

    public SimulatedClock Clock { get; }

    public bool IsDead { get; private set; }

    public void Kill() => IsDead = true;

    /// <summary>Begins work in this process. A fault of it ends the simulation.</summary>
    public void Run(Func<Task> work) => Post(
        _ =>
        {
            var running = work();
            if (!running.IsCompletedSuccessfully)
                _ = WatchAsync(running);
        },
        null);

    /// <summary>Works in this process for somebody outside it. Never ends when the process is killed.</summary>
    public Task<T> AskAsync<T>(Func<Task<T>> work)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Run(async () =>
        {
            try
            {
                answer.TrySetResult(await work());
            }
            catch (Exception fault)
            {
                answer.TrySetException(fault);
            }
        });
        return answer.Task;
    }

    public Task DelayAsync(TimeSpan delay) => Task.Delay(delay, Clock);

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!IsDead)
            _scheduler.Post(this, d, state);
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody waits for another here.");

    public override SynchronizationContext CreateCopy() => this;

    private async Task WatchAsync(Task running)
    {
        try
        {
            await running;
        }
        catch (Exception fault)
        {
            _scheduler.History.Fail($"{Name}: {fault}");
        }
    }
}
