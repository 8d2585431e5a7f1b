using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Server.Connections.Framing;

namespace Apex.Server.Connections.Live;

/// <summary>
/// What a connection has to say besides its feed: replies, pings, pongs and at last the close frame. Bounded: whoever answers a client
/// waits while it is full, so a client that does not read is not read from either. Safe for concurrent use; one drainer.
/// </summary>
internal sealed class Outbox(WakeSignal signal, int capacity)
{
    /// <summary>Pings answered each for itself; of more that came before a write, the latest are.</summary>
    private const int MaxPongs = 16;

    private readonly Lock _gate = new();
    // Null while it is empty, as it nearly always is.
    private Queue<byte[]>? _frames;
    private TaskCompletionSource? _room;
    private Queue<byte[]>? _pongs;
    private bool _ping;
    private CloseCode? _closeCode;
    private string _closeReason = "";
    private bool _ended;

    /// <summary>Whether a close frame is to be sent, or was.</summary>
    public bool CloseRequested
    {
        get
        {
            lock (_gate)
                return _closeCode is not null || _ended;
        }
    }

    /// <summary>Adds a frame whatever waits already. Only for the few frames that the server sends of its own accord.</summary>
    public void Add(ServerFrame frame)
    {
        var utf8 = JsonSerializer.SerializeToUtf8Bytes(frame, ApexJson.Default.ServerFrame);
        lock (_gate)
        {
            if (_closeCode is not null || _ended)
                return;
            (_frames ??= []).Enqueue(utf8);
        }

        signal.Wake();
    }

    /// <summary>Adds a reply, once there is room for it.</summary>
    public async ValueTask AddWhenRoomAsync(ServerFrame frame)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (Waiting_NeedsLock < capacity || _closeCode is not null || _ended)
                    break;
                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
            }

            await room;
        }

        Add(frame);
    }

    /// <summary>Of a flood of pings only the latest are answered, as RFC 6455 section 5.5.3 allows.</summary>
    public void AddPong(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            _pongs ??= [];
            if (_pongs.Count == MaxPongs)
                _pongs.Dequeue();
            _pongs.Enqueue(payload.ToArray());
        }

        signal.Wake();
    }

    public void AddPing()
    {
        lock (_gate)
            _ping = true;
        signal.Wake();
    }

    /// <summary>Asks for a close frame after what waits already; the first call decides its code.</summary>
    /// <returns>False when there was one before.</returns>
    public bool RequestClose(CloseCode code, string reason)
    {
        lock (_gate)
        {
            if (_closeCode is not null || _ended)
                return false;
            (_closeCode, _closeReason) = (code, reason);
            FreeRoom_NeedsLock();
        }

        signal.Wake();
        return true;
    }

    /// <summary>Nobody will drain any more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            _frames = null;
            FreeRoom_NeedsLock();
        }

        signal.Wake();
    }

    /// <summary>Moves what waits into the batch until that is full.</summary>
    /// <returns>True when the close frame is in the batch, or none will ever be: nothing may follow.</returns>
    public bool DrainInto(FrameBatch batch, int fullBytes)
    {
        lock (_gate)
        {
            foreach (var pong in _pongs ?? [])
                batch.AddPong(pong);
            _pongs = null;
            if (_ping)
                batch.AddPing();
            _ping = false;

            while (batch.Length < fullBytes && _frames is not null)
            {
                batch.AddText(_frames.Dequeue());
                if (_frames.Count == 0)
                    _frames = null;
            }

            if (Waiting_NeedsLock < capacity)
                FreeRoom_NeedsLock();

            if (_ended || _closeCode is not { } code || _frames is not null)
                return _ended;
            batch.AddClose(code, _closeReason);
            _ended = true;
            return true;
        }
    }

    private int Waiting_NeedsLock => _frames?.Count ?? 0;

    private void FreeRoom_NeedsLock()
    {
        _room?.SetResult();
        _room = null;
    }
}
