using Apex.Simulation.Turns;

namespace Apex.Simulation.Network;

/// <summary>
/// Bytes on their way from one end of a link to the other: late, in pieces, never out of order. At most a window of them lies unread;
/// a writer beyond that waits, as TCP makes it.
/// </summary>
internal sealed class Direction(Scheduler scheduler, LinkQuality quality, string name)
{
    /// <summary>What the two systems' buffers hold between them.</summary>
    public const int WindowBytes = 96 * 1024;

    private readonly Queue<ReadOnlyMemory<byte>> _travelling = new();
    private readonly Queue<ReadOnlyMemory<byte>> _arrived = new();
    private int _offset;
    private long _unread;
    private long _onTheWay;
    private TimeSpan _lastArrival;
    private TimeSpan _stalledUntil;
    private int? _cutAfter;
    private Ending _ending;
    private Waiting? _reader;
    private Waiting? _writer;

    private enum Ending
    {
        None,

        /// <summary>The writer closed: what was written arrives, then the end.</summary>
        Closed,

        /// <summary>The reader closed: what is written goes nowhere.</summary>
        Discarded,
        Reset,
    }

    /// <summary>Nothing arrives any more, and nobody is told.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>What is written now arrives in time.</summary>
    public bool IsSound => !IsSilent && _cutAfter is null && _stalledUntil <= scheduler.Now && _ending == Ending.None;

    /// <summary>Bytes that have arrived, read or not.</summary>
    public long Arrived { get; private set; }

    /// <summary>Most bytes that one write handed over.</summary>
    public int LargestWrite { get; private set; }

    /// <summary>Called when the byte is reached at which the link is to break.</summary>
    public Action? CutReached { get; set; }

    public void Silence() => IsSilent = true;

    public void Stall(TimeSpan length) => _stalledUntil = scheduler.Now + length;

    /// <summary>The link breaks when this many more bytes have arrived, be it in the middle of a frame.</summary>
    public void CutAfter(int bytes) => _cutAfter = bytes;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_ending == Ending.Reset)
            throw Gone();
        cancellationToken.ThrowIfCancellationRequested();
        LargestWrite = Math.Max(LargestWrite, bytes.Length);
        scheduler.History.Mix(bytes.Length);
        if (_ending == Ending.Discarded || bytes.IsEmpty)
            return ValueTask.CompletedTask;

        _onTheWay += bytes.Length;
        Send(bytes.ToArray());
        if (_onTheWay + _unread <= WindowBytes)
            return ValueTask.CompletedTask;
        _writer = new Waiting(default);
        return new ValueTask(_writer.WaitAsync(scheduler, () => _writer = null, cancellationToken));
    }

    public ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_unread > 0)
            return ValueTask.FromResult(Take(into));
        if (_ending == Ending.Reset)
            throw Gone();
        if (_ending is Ending.Closed && _onTheWay == 0)
            return ValueTask.FromResult(0);
        _reader = new Waiting(into);
        return new ValueTask<int>(_reader.WaitAsync(scheduler, () => _reader = null, cancellationToken));
    }

    public void CloseByWriter()
    {
        if (_ending != Ending.None)
            return;
        _ending = Ending.Closed;
        if (_onTheWay == 0)
            scheduler.After(quality.Latency(scheduler), TellEnd);
    }

    public void CloseByReader()
    {
        if (_ending is Ending.Reset or Ending.Discarded)
            return;
        var wasClosed = _ending == Ending.Closed;
        _ending = wasClosed ? Ending.Closed : Ending.Discarded;
        _arrived.Clear();
        _unread = 0;
        var (reader, writer) = (_reader, _writer);
        (_reader, _writer) = (null, null);
        scheduler.After(TimeSpan.Zero, () =>
        {
            reader?.Fail(Gone());
            writer?.Complete(0);
        });
    }

    public void Reset()
    {
        if (_ending == Ending.Reset)
            return;
        _ending = Ending.Reset;
        _arrived.Clear();
        _unread = 0;
        var (reader, writer) = (_reader, _writer);
        (_reader, _writer) = (null, null);
        reader?.Fail(Gone());
        writer?.Fail(Gone());
    }

    private static IOException Gone() => new("The connection was reset.");

    private void Send(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var piece = quality.Splits && scheduler.Chance(0.3) ? Math.Min(scheduler.Random.Next(1, 200), bytes.Length - at) : bytes.Length - at;
            var arrival = Max(Max(scheduler.Now + quality.Latency(scheduler), _lastArrival), _stalledUntil);
            _lastArrival = arrival;
            _travelling.Enqueue(bytes.AsMemory(at, piece));
            scheduler.After(arrival - scheduler.Now, ArriveNext);
            at += piece;
        }
    }

    /// <summary>The piece that left first, whichever's time has come: a stall delays all alike.</summary>
    private void ArriveNext()
    {
        if (_stalledUntil > scheduler.Now)
            scheduler.After(_stalledUntil - scheduler.Now, ArriveNext);
        else
            Arrive(_travelling.Dequeue());
    }

    private void Arrive(ReadOnlyMemory<byte> bytes)
    {
        // Who writes into silence is not told; its window fills up.
        if (_ending is Ending.Reset or Ending.Discarded || IsSilent)
            return;
        if (_cutAfter is { } left)
        {
            _cutAfter = left - bytes.Length;
            if (_cutAfter <= 0)
            {
                _cutAfter = null;
                // What comes behind the cut must not close the hole.
                IsSilent = true;
                var whole = bytes[..Math.Max(0, left)];
                if (whole.Length > 0)
                    Lay(whole);
                CutReached?.Invoke();
                return;
            }
        }

        Lay(bytes);
    }

    private void Lay(ReadOnlyMemory<byte> bytes)
    {
        _onTheWay -= bytes.Length;
        _unread += bytes.Length;
        Arrived += bytes.Length;
        scheduler.History.Mix(((long)bytes.Length << 8) + name[0]);
        _arrived.Enqueue(bytes);
        if (_reader is { } reader)
        {
            _reader = null;
            reader.Complete(Take(reader.Into));
        }

        if (_ending == Ending.Closed && _onTheWay == 0)
            TellEnd();
    }

    private void TellEnd()
    {
        if (_unread > 0 || _ending != Ending.Closed || IsSilent)
            return;
        var reader = _reader;
        _reader = null;
        reader?.Complete(0);
    }

    private int Take(Memory<byte> into)
    {
        var taken = 0;
        while (taken < into.Length && _arrived.TryPeek(out var first))
        {
            var count = Math.Min(first.Length - _offset, into.Length - taken);
            first.Span.Slice(_offset, count).CopyTo(into.Span[taken..]);
            taken += count;
            _offset += count;
            if (_offset < first.Length)
                break;
            _arrived.Dequeue();
            _offset = 0;
        }

        _unread -= taken;
        if (_writer is { } writer && _onTheWay + _unread <= WindowBytes)
        {
            _writer = null;
            scheduler.After(TimeSpan.Zero, () => writer.Complete(0));
        }

        return taken;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
