using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Apex.Bench.Peers.Wire;

/// <summary>What comes from one socket.</summary>
internal interface IWireReader
{
    /// <summary>The server agreed to speak WebSocket.</summary>
    void Upgraded();

    /// <summary>A whole message, its fragments put together; or, from a socket that is none, the bytes as they come.</summary>
    void Message(ReadOnlySpan<byte> message);

    /// <summary>The server ended the connection.</summary>
    /// <param name="code">Of the close frame; the HTTP status where the upgrade was refused; 0 when TCP just ended.</param>
    void Ended(int code);
}

/// <summary>One TCP connection of the load client: the upgrade, RFC 6455's frames, and nothing that costs more than that.</summary>
internal sealed class WireSocket : IDisposable
{
    private readonly Socket _socket;
    private readonly IWireReader _reader;
    private readonly bool _isRaw;
    private byte[] _kept = [];
    private int _keptLength;
    private byte[] _message = [];
    private int _messageLength;
    private byte[] _out = new byte[256];
    private int _outLength;
    private bool _upgraded;

    /// <param name="upgrade">Path and further header lines of the upgrade; null for a socket of plain bytes.</param>
    public WireSocket(IPEndPoint server, string? upgrade, IWireReader reader, bool smallBuffer = false)
    {
        _reader = reader;
        _isRaw = upgrade is null;
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
        if (smallBuffer)
            _socket.ReceiveBufferSize = 64 * 1024;
        _socket.Connect(server);
        _socket.Blocking = false;
        Handle = (int)_socket.Handle;
        if (upgrade is null)
            return;
        var (path, headers) = upgrade.Split('\n', 2) is [var first, var rest] ? (first, rest.ReplaceLineEndings("\r\n") + "\r\n") : (upgrade, "");
        SendRaw(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"));
    }

    public int Handle { get; }

    public int Number { get; set; }

    /// <summary>Where the loop finds out that something waits to be sent.</summary>
    public HashSet<WireSocket>? Unsent { private get; set; }

    public bool HasUnsent => _outLength > 0;

    public long BytesRead { get; private set; }

    /// <returns>False when the connection has ended.</returns>
    public bool Read(byte[] shared)
    {
        var own = _keptLength > 0;
        if (own && _keptLength == _kept.Length)
            Array.Resize(ref _kept, Math.Max(64 * 1024, _kept.Length * 2));
        var got = Epoll.Receive(Handle, own ? _kept.AsSpan(_keptLength) : shared);
        if (got < 0)
            return true;
        if (got == 0)
        {
            _reader.Ended(0);
            return false;
        }

        BytesRead += got;
        var bytes = own ? _kept.AsSpan(0, _keptLength + got) : shared.AsSpan(0, got);
        var (used, isOpen) = Take(bytes);
        Keep(bytes[used..]);
        return isOpen;
    }

    public void SendText(ReadOnlySpan<byte> utf8) => SendFrame(0x81, utf8);

    public void SendBinary(ReadOnlySpan<byte> bytes) => SendFrame(0x82, bytes);

    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        if (_outLength + bytes.Length > _out.Length)
            Array.Resize(ref _out, Math.Max(_out.Length * 2, _outLength + bytes.Length));
        bytes.CopyTo(_out.AsSpan(_outLength));
        _outLength += bytes.Length;
        Unsent?.Add(this);
    }

    /// <returns>True when nothing waits any more.</returns>
    public bool Flush()
    {
        var sent = Epoll.Send(Handle, _out.AsSpan(0, _outLength));
        // To a peer that is gone nothing can be said; the read finds out.
        var left = sent < 0 ? 0 : _outLength - sent;
        if (left > 0)
            _out.AsSpan(_outLength - left, left).CopyTo(_out);
        _outLength = left;
        return left == 0;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Masked, as a client must, with the key 0: the server's work is the same.</summary>
    private void SendFrame(byte first, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[8];
        head[0] = first;
        if (payload.Length < 126)
        {
            head[1] = (byte)(0x80 | payload.Length);
            head = head[..6];
        }
        else
        {
            head[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(head[2..], checked((ushort)payload.Length));
        }

        head[^4..].Clear();
        SendRaw(head);
        SendRaw(payload);
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > _kept.Length)
            _kept = new byte[Math.Max(4 * 1024, rest.Length * 2)];
        rest.CopyTo(_kept);
        _keptLength = rest.Length;
        if (_keptLength == 0 && _kept.Length > 64 * 1024)
            _kept = [];
    }

    private (int Used, bool IsOpen) Take(ReadOnlySpan<byte> bytes)
    {
        if (_isRaw)
        {
            _reader.Message(bytes);
            return (bytes.Length, true);
        }

        var used = 0;
        if (!_upgraded)
        {
            var end = bytes.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return (0, true);
            if (!bytes.StartsWith("HTTP/1.1 101"u8))
            {
                _reader.Ended(int.Parse(bytes.Slice(9, 3), System.Globalization.CultureInfo.InvariantCulture));
                return (bytes.Length, false);
            }

            used = end + 4;
            _upgraded = true;
            _reader.Upgraded();
        }

        while (used < bytes.Length)
        {
            var frame = bytes[used..];
            var (start, length) = HeadOf(frame);
            if (start == 0 || frame.Length - start < length)
                break;
            used += start + length;
            if (!TakeFrame(frame[0], frame.Slice(start, length)))
                return (used, false);
        }

        return (used, true);
    }

    private bool TakeFrame(byte first, ReadOnlySpan<byte> payload)
    {
        switch (first & 0x0F)
        {
            case 8:
                _reader.Ended(payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 1005);
                return false;
            case 9:
                SendFrame(0x8A, payload);
                return true;
            case 10:
                return true;
        }

        var isLast = (first & 0x80) != 0;
        if (isLast && _messageLength == 0)
        {
            _reader.Message(payload);
            return true;
        }

        if (_messageLength + payload.Length > _message.Length)
            Array.Resize(ref _message, Math.Max(_message.Length * 2, _messageLength + payload.Length));
        payload.CopyTo(_message.AsSpan(_messageLength));
        _messageLength += payload.Length;
        if (isLast)
        {
            _reader.Message(_message.AsSpan(0, _messageLength));
            _messageLength = 0;
        }

        return true;
    }

    /// <returns>Where the payload starts, and its length; 0 when the head is not all there.</returns>
    private static (int Start, int Length) HeadOf(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 2)
            return default;
        return (frame[1] & 0x7F) switch
        {
            126 => frame.Length < 4 ? default : (4, BinaryPrimitives.ReadUInt16BigEndian(frame[2..])),
            127 => frame.Length < 10 ? default : (10, checked((int)BinaryPrimitives.ReadInt64BigEndian(frame[2..]))),
            var length => (2, length),
        };
    }
}
