using Apex.Server.Connections.Framing;
using Apex.Server.Connections.Upgrade;
using Apex.Storage.Feed;

namespace Apex.Server.Connections.Live;

/// <summary>
/// The only writer of a socket: replies and pongs first, then the feed after the cursor, many frames in one write. Ends after the close
/// frame, or when the peer is gone.
/// </summary>
internal sealed class WriteLoop(
    IWire wire, Outbox outbox, FeedCursor cursor, WakeSignal signal, ConnectionsOptions options, ConnectionMetrics metrics,
    TimeProvider time)
{
    private long _busySince;
    private long _readAgainAt;

    /// <summary>When the loop last began to have something to do, as a timestamp of the clock; 0 while it waits.</summary>
    public long BusySince => Volatile.Read(ref _busySince);

    /// <summary>When the store should be asked again after it refused, as a timestamp; 0 when it did not.</summary>
    public long ReadAgainAt => Volatile.Read(ref _readAgainAt);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var batch = new FrameBatch();
        try
        {
            while (true)
            {
                Volatile.Write(ref _busySince, time.GetTimestamp());
                while (true)
                {
                    var isLast = outbox.DrainInto(batch, options.WriteBytes);
                    var isDone = isLast || await FillAsync(batch, cancellationToken);
                    var isFull = batch.Length >= options.WriteBytes;
                    await WriteAsync(batch, cancellationToken);
                    if (isLast)
                        return;
                    if (isDone && !isFull)
                        break;
                }

                Volatile.Write(ref _busySince, 0);
                await signal.WaitAsync();
            }
        }
        finally
        {
            outbox.End();
        }
    }

    private async ValueTask WriteAsync(FrameBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Length == 0)
            return;
        await wire.WriteAsync(batch.Bytes, cancellationToken);
        metrics.Wrote(batch.Frames, batch.Length);
        if (cursor.TakeOldestAppend() is var oldest and not 0)
            metrics.Delivered(time.GetElapsedTime(oldest));
        batch.Clear();
    }

    /// <summary>While the store cannot read, the connection lives on: it answers pings and replies, and asks again later.</summary>
    private async ValueTask<bool> FillAsync(FrameBatch batch, CancellationToken cancellationToken)
    {
        // A closing connection sends no more events: whoever it belonged to may have lost the right to see them.
        if (outbox.CloseRequested)
            return false;
        if (_readAgainAt != 0 && time.GetTimestamp() < _readAgainAt)
            return true;
        try
        {
            var isDone = await cursor.FillAsync(batch, options.WriteBytes, cancellationToken);
            Volatile.Write(ref _readAgainAt, 0);
            return isDone;
        }
        catch (StorageUnavailableException unavailable)
        {
            var wait = (long)(unavailable.RetryAfter.TotalSeconds * time.TimestampFrequency);
            Volatile.Write(ref _readAgainAt, time.GetTimestamp() + wait);
            return true;
        }
    }
}
