using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Apex.Server.Connections.Door;

/// <summary>
/// One queue for waits of one length: who came first is due first, so a look at the front is enough, and no socket needs a timer of its
/// own. Safe for concurrent use; one looker.
/// </summary>
/// <param name="lastWords">Sent to whoever is cut off, as far as they fit.</param>
internal sealed class Deadlines(TimeSpan within, byte[] lastWords, TimeProvider time)
{
    private readonly ConcurrentQueue<Wait> _waits = new();

    public Wait Begin(Socket socket)
    {
        var wait = new Wait(socket, time.GetTimestamp());
        _waits.Enqueue(wait);
        return wait;
    }

    /// <summary>Cuts off whoever waits for too long.</summary>
    public void Look()
    {
        while (_waits.TryPeek(out var first) && (first.IsOver || time.GetElapsedTime(first.Since) > within) && _waits.TryDequeue(out _))
            first.Expire(lastWords);
    }

    internal sealed class Wait(Socket socket, long since)
    {
        private Socket? _socket = socket;

        public long Since => since;

        public bool IsOver => Volatile.Read(ref _socket) is null;

        /// <summary>What was waited for is there.</summary>
        public void End() => Interlocked.Exchange(ref _socket, null);

        public void Expire(byte[] lastWords)
        {
            if (Interlocked.Exchange(ref _socket, null) is not { } late)
                return;
            try
            {
                // Nothing was sent before, so there is room for these few.
                if (lastWords.Length > 0)
                    late.Send(lastWords);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // It has left already.
                return;
            }
            finally
            {
                late.Dispose();
            }
        }
    }
}
