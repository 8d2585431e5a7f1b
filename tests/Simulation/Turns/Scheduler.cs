namespace Apex.Simulation.Turns;

/// <summary>
/// The only thing that lets anything happen: what is ready runs in an order drawn from the seed, and when nothing is ready the clock
/// jumps to what comes next. Everything runs on the one thread of the pool; what the product or the framework queues there by itself
/// runs before the next turn, in the pool's own order, which with one thread is always the same.
/// </summary>
internal sealed class Scheduler : IThreadPoolWorkItem
{
    private const long MaxTurns = 5_000_000;

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ReadyTurn> _ready = [];
    private readonly PriorityQueue<Action, (long At, long Number)> _later = new();
    private readonly History _history;
    private long _number;
    private int _thread;
    private bool _ended;

    public Scheduler(int seed)
    {
        Random = new Random(seed);
        _history = new History(this);
    }

    /// <summary>Every choice of the simulation comes from here, in one order.</summary>
    public Random Random { get; }

    public History History => _history;

    /// <summary>Simulated time since the beginning.</summary>
    public TimeSpan Now { get; private set; }

    public long Turns { get; private set; }

    /// <summary>How often the framework queued something past the scheduler.</summary>
    public long PoolRounds { get; private set; }

    /// <summary>Runs until <see cref="End"/>.</summary>
    public Task RunAsync()
    {
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return _done.Task;
    }

    public bool IsOver => _ended;

    public void End() => _ended = true;

    public void Post(Actor actor, SendOrPostCallback callback, object? state)
    {
        if (_ended)
            return;
        CheckThread();
        _ready.Add(new ReadyTurn(actor, callback, state));
    }

    /// <summary>Runs the action later, outside any actor.</summary>
    public void After(TimeSpan delay, Action action)
    {
        if (_ended)
            return;
        CheckThread();
        _later.Enqueue(action, ((Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero)).Ticks, _number++));
    }

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public TimeSpan Between(double fromMilliseconds, double toMilliseconds) =>
        TimeSpan.FromTicks((long)((fromMilliseconds + (Random.NextDouble() * (toMilliseconds - fromMilliseconds))) * TimeSpan.TicksPerMillisecond));

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            if (_thread == 0)
                _thread = Environment.CurrentManagedThreadId;
            CheckThread();
            while (!_ended)
            {
                if (ThreadPool.PendingWorkItemCount > 0)
                {
                    PoolRounds++;
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }

                TakeTurn();
            }

            _done.TrySetResult();
        }
        catch (Exception fault)
        {
            // The edge of the simulation: whoever waits for it is told.
            _ended = true;
            _done.TrySetException(fault);
        }
    }

    private void TakeTurn()
    {
        if (++Turns > MaxTurns)
            throw new SimulationFailedException($"More than {MaxTurns:N0} turns: something turns in a circle at {Now}.");
        if (_ready.Count > 0)
        {
            RunReady();
            return;
        }

        if (!_later.TryDequeue(out var action, out var place))
            throw new SimulationFailedException($"Nothing will ever happen again after {Now}.");
        Now = TimeSpan.FromTicks(place.At);
        _history.Mix(place.At);
        action();
    }

    private void RunReady()
    {
        var index = _ready.Count == 1 ? 0 : Random.Next(_ready.Count);
        _history.Mix((_ready.Count << 16) + index);
        var turn = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (turn.Actor.IsDead)
            return;

        SynchronizationContext.SetSynchronizationContext(turn.Actor);
        try
        {
            turn.Callback(turn.State);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    private void CheckThread()
    {
        if (_thread != 0 && Environment.CurrentManagedThreadId != _thread)
            throw new SimulationFailedException("Something ran beside the scheduler: its order is not the seed's.");
    }

    private readonly record struct ReadyTurn(Actor Actor, SendOrPostCallback Callback, object? State);
}

/// <summary>The simulation found a fault, or cannot go on. The message says what.</summary>
internal sealed class SimulationFailedException(string message, Exception? inner = null) : Exception(message, inner);
