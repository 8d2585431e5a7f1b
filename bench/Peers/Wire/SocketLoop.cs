using System.Diagnostics;

namespace Apex.Bench.Peers.Wire;

/// <summary>One thread that reads every socket of the load client. Nothing here is safe for a second one.</summary>
internal sealed class SocketLoop : IDisposable
{
    private readonly Epoll _epoll = new();
    private readonly Dictionary<int, WireSocket> _reading = [];
    private readonly HashSet<WireSocket> _unsent = [];
    private readonly byte[] _shared = GC.AllocateArray<byte>(256 * 1024, pinned: true);
    private readonly Action<int> _readable;
    private int _lastNumber;

    public SocketLoop() => _readable = Read;

    /// <summary>Called once a second, between two turns.</summary>
    public Action? EverySecond { get; set; }

    /// <summary>Never waits for a socket, so that what is due is sent when it is due.</summary>
    public bool Spins { get; set; }

    private long NextSecond { get; set; } = Stopwatch.GetTimestamp();

    public void Add(WireSocket socket)
    {
        socket.Number = ++_lastNumber;
        _reading.Add(socket.Number, socket);
        _epoll.Add(socket.Handle, socket.Number);
        socket.Unsent = _unsent;
        if (socket.HasUnsent)
            _unsent.Add(socket);
    }

    /// <summary>Reads no more from it, and leaves it open: to the server it looks like a device that was carried out of the network.</summary>
    public void Abandon(WireSocket socket)
    {
        if (_reading.Remove(socket.Number))
            _epoll.Remove(socket.Handle);
        _unsent.Remove(socket);
    }

    /// <summary>Ends the connection by a reset, which leaves no port waiting.</summary>
    public void Reset(WireSocket socket)
    {
        Abandon(socket);
        socket.Dispose();
    }

    /// <summary>Sends what waits, and reads what has come, waiting for it at most so long.</summary>
    public void Turn(int milliseconds)
    {
        Flush();
        _epoll.Wait(_unsent.Count > 0 ? Math.Min(1, milliseconds) : milliseconds, _readable);
        Flush();
        if (Stopwatch.GetTimestamp() >= NextSecond)
        {
            NextSecond = Stopwatch.GetTimestamp() + Stopwatch.Frequency;
            EverySecond?.Invoke();
        }
    }

    /// <param name="turn">Called before every turn.</param>
    /// <returns>Whether <paramref name="done"/> was true before the patience ended.</returns>
    public bool RunUntil(Func<bool> done, TimeSpan patience, Action? turn = null)
    {
        var began = Stopwatch.GetTimestamp();
        while (!done())
        {
            if (Stopwatch.GetElapsedTime(began) > patience)
                return false;
            turn?.Invoke();
            Turn(Spins ? 0 : 1);
        }

        return true;
    }

    public void RunFor(TimeSpan time, Action? turn = null) => RunUntil(static () => false, time, turn);

    public void Dispose() => _epoll.Dispose();

    private void Read(int number)
    {
        if (_reading.TryGetValue(number, out var socket) && !socket.Read(_shared))
            Abandon(socket);
    }

    private void Flush()
    {
        if (_unsent.Count > 0)
            _unsent.RemoveWhere(static socket => socket.Flush());
    }
}
