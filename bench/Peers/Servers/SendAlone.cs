using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers.Servers;

/// <summary>
/// No server at all, but its floor: one thread that copies what the publisher's read brought into one <c>send</c> for each socket. It
/// checks nothing, and waits for whoever is slow.
/// </summary>
internal sealed class SendAlone(int port) : IDisposable
{
    private const int Door = 0;
    private const int Publisher = 1;

    private readonly Epoll _epoll = new();
    private readonly Socket _door = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Dictionary<int, List<Socket>> _streams = [];
    private readonly Dictionary<int, MemoryStream> _frames = [];
    private readonly List<int> _due = [];
    private readonly byte[] _read = new byte[256 * 1024];
    private int _kept;
    private Socket? _publisher;

    public void Run()
    {
        _door.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _door.Listen(4_096);
        _epoll.Add((int)_door.Handle, Door);
        while (true)
        {
            _epoll.Wait(-1, number =>
            {
                if (number == Door)
                    Accept();
                else
                    Read();
            });
            Flush();
        }
    }

    public void Dispose()
    {
        _epoll.Dispose();
        _door.Dispose();
    }

    private void Accept()
    {
        var socket = _door.Accept();
        socket.NoDelay = true;
        var length = 0;
        while (!_read.AsSpan(_kept, length).EndsWith("\r\n\r\n"u8))
        {
            // Whoever only wanted to see whether anybody listens has gone by now.
            if (socket.Receive(_read.AsSpan(_kept + length)) is not (> 0 and var got))
            {
                socket.Dispose();
                return;
            }

            length += got;
        }

        var request = Encoding.ASCII.GetString(_read, _kept, length);
        socket.Send(Upgrade.Answer(request));
        if (Upgrade.StreamOf(request) is { } stream)
        {
            _streams.TryAdd(stream, []);
            _streams[stream].Add(socket);
            return;
        }

        socket.Blocking = false;
        _publisher = socket;
        _epoll.Add((int)socket.Handle, Publisher);
    }

    private void Read()
    {
        var publisher = (int)_publisher!.Handle; // it is what was readable
        var got = Epoll.Receive(publisher, _read.AsSpan(_kept));
        if (got == 0)
            _epoll.Remove(publisher);
        if (got <= 0)
            return;
        ReadOnlySpan<byte> bytes = _read.AsSpan(0, _kept + got);
        while (Upgrade.TryTakeFrame(ref bytes, out var payload))
            Take(payload);
        bytes.CopyTo(_read);
        _kept = bytes.Length;
    }

    private void Take(ReadOnlySpan<byte> publication)
    {
        var space = publication.IndexOf((byte)' ');
        var stream = int.Parse(publication[..space], CultureInfo.InvariantCulture);
        if (!_frames.TryGetValue(stream, out var frames))
            _frames.Add(stream, frames = new MemoryStream());
        if (frames.Length == 0)
            _due.Add(stream);
        frames.Write(Upgrade.Frame(publication[(space + 1)..]));
    }

    private void Flush()
    {
        foreach (var stream in _due)
        {
            var frames = _frames[stream];
            foreach (var socket in _streams.GetValueOrDefault(stream, []))
                Send((int)socket.Handle, frames.GetBuffer().AsSpan(0, (int)frames.Length));
            frames.SetLength(0);
        }

        _due.Clear();
    }

    private static void Send(int socket, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && Epoll.Send(socket, bytes) is >= 0 and var sent)
            bytes = bytes[sent..];
    }
}
