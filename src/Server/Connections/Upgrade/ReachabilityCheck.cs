using Apex.Server.Connections.Framing;

namespace Apex.Server.Connections.Upgrade;

/// <summary>
/// The check of existing Netra clients whether a server is there: an upgrade without any credential, no data, a close. Such a socket is
/// told nothing and can ask nothing; few are held at once, and briefly.
/// </summary>
internal sealed class ReachabilityCheck(InboundBudget budget, TimeProvider time)
{
    private const int MaxAtOnce = 20;
    private const int MaxMessageBytes = 1024;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private int _open;

    /// <summary>Takes a place; false when too many checks go on.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= MaxAtOnce)
            return true;
        Interlocked.Decrement(ref _open);
        return false;
    }

    /// <summary>Waits for the client's close, at most for a moment, answers it and leaves the place.</summary>
    public async Task RunAsync(IWire wire, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Lifetime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var batch = new FrameBatch();
        await using var frames = new FrameReader(wire.Input, budget, MaxMessageBytes);
        try
        {
            batch.AddClose(await ReadCloseAsync(frames, either.Token), "");
            await wire.WriteAsync(batch.Bytes, cancellationToken);
        }
        catch (IOException)
        {
            // The client is gone already: it has learned what it wanted.
            return;
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private static async Task<CloseCode> ReadCloseAsync(FrameReader frames, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var frame = await frames.ReadAsync(cancellationToken);
                if (frame.Kind is InboundKind.Close or InboundKind.End)
                    return frame.Code;
            }
        }
        catch (OperationCanceledException)
        {
            return CloseCode.Normal;
        }
    }
}
