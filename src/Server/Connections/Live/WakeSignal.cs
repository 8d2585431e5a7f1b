using System.Threading.Tasks.Sources;
using Apex.Storage.Feed;

namespace Apex.Server.Connections.Live;

/// <summary>
/// Lets one loop sleep until somebody has something for it. Any number of wakes before the loop waits count as one, and a wake between
/// two waits is never lost. Allocates nothing per wait.
/// </summary>
internal sealed class WakeSignal : IFeedWatcher, IValueTaskSource
{
    private const int Idle = 0, Waiting = 1, Woken = 2;

    // The loop goes on upon the thread pool: whoever wakes it (the store's own thread) must not be made to write to a socket.
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;

    public void Wake()
    {
        if (Interlocked.Exchange(ref _state, Woken) == Waiting)
            _source.SetResult(true);
    }

    /// <summary>Completes upon the next wake, or at once when there was one since the last wait. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
            return new ValueTask(this, _source.Version);
        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token)
    {
        _source.GetResult(token);
        _source.Reset();
        Volatile.Write(ref _state, Idle);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
