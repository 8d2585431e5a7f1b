namespace Apex.Server.Connections.Framing;

/// <summary>
/// What all connections together may hold of large unfinished messages. Small ones are free; a large one waits for its share, and is
/// refused when none comes free in time, so that many senders of big frames cannot exhaust the process's memory.
/// </summary>
internal sealed class InboundBudget(long totalBytes, TimeSpan patience, TimeProvider time)
{
    /// <summary>Messages up to this size draw on nothing.</summary>
    public const int FreeBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private long _available = totalBytes;

    public long TotalBytes { get; } = totalBytes;

    public long UsedBytes
    {
        get
        {
            lock (_gate)
                return TotalBytes - _available;
        }
    }

    /// <summary>Takes the bytes, in the order of asking; false when they did not come free in time or never can.</summary>
    public async ValueTask<bool> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> node;
        lock (_gate)
        {
            if (bytes > TotalBytes)
                return false;
            if (_waiters.Count == 0 && bytes <= _available)
            {
                _available -= bytes;
                return true;
            }

            node = _waiters.AddLast(new Waiter(bytes));
        }

        try
        {
            await node.Value.Granted.Task.WaitAsync(patience, time, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            if (GiveUp(node))
                return false;
            // The grant and the timeout met: the bytes are ours.
            return true;
        }
    }

    public void Return(long bytes)
    {
        lock (_gate)
        {
            _available += bytes;
            while (_waiters.First is { } first && first.Value.Bytes <= _available)
            {
                _waiters.RemoveFirst();
                _available -= first.Value.Bytes;
                first.Value.Granted.SetResult();
            }
        }
    }

    private bool GiveUp(LinkedListNode<Waiter> node)
    {
        lock (_gate)
        {
            if (node.List is null)
                return false;
            _waiters.Remove(node);
            return true;
        }
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
