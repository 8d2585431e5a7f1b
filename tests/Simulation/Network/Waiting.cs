using Apex.Simulation.Turns;

namespace Apex.Simulation.Network;

/// <summary>Somebody who waits at one end of a direction.</summary>
internal sealed class Waiting(Memory<byte> into)
{
    private readonly TaskCompletionSource<int> _done = new();

    public Memory<byte> Into => into;

    public void Complete(int result) => _done.TrySetResult(result);

    public void Fail(Exception fault) => _done.TrySetException(fault);

    /// <param name="givenUp">Called when the wait is cancelled.</param>
    public Task<int> WaitAsync(Scheduler scheduler, Action givenUp, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
            return _done.Task;
        var registration = cancellationToken.UnsafeRegister(
            _ =>
            {
                if (_done.Task.IsCompleted)
                    return;
                givenUp();
                // Not from within the canceller: the wait ends in a turn of its own.
                scheduler.After(TimeSpan.Zero, () => _done.TrySetCanceled(cancellationToken));
            },
            null);
        return _done.Task.IsCompleted ? _done.Task : DisposeAfterAsync(registration);
    }

    private async Task<int> DisposeAfterAsync(CancellationTokenRegistration registration)
    {
        try
        {
            return await _done.Task.ConfigureAwait(false);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }
}
