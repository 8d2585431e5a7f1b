using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Apex.Bench.Load.Lean;

/// <summary>
/// One socket that costs the generator as little as can be: it shakes hands, resumes, counts the events that arrive and answers pings. A
/// WebSocket library in its place would be the slower side of the measurement.
/// </summary>
internal sealed class LeanSocket : IDisposable
{
    private const byte Text = 0x81, Ping = 0x89, Pong = 0x8A;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<LeanSocket, int> _arrived;
    private readonly long? _after;
    private byte[] _buffer;
    private int _filled;
    private bool _isUpgraded;

    private LeanSocket(int number, long? after, Action<LeanSocket, int> arrived, int bufferBytes)
    {
        Number = number;
        _after = after;
        _arrived = arrived;
        _buffer = new byte[bufferBytes];
        _receive.Completed += (_, _) => ReceiveWhileThereIsSome(_receive);
    }

    /// <summary>Of the socket among its kind; given by whoever opens it.</summary>
    public int Number { get; }

    /// <summary>Events seen so far. Written by the receiving side alone.</summary>
    public long Events { get; private set; }

    /// <param name="after">Cursor to resume from; null for the head.</param>
    /// <param name="arrived">Told how many events came in at once; on the receiving side, so it must be quick.</param>
    public static async Task<LeanSocket> OpenAsync(
        int number, Uri address, string token, long? after, Action<LeanSocket, int> arrived, int bufferBytes)
    {
        var lean = new LeanSocket(number, after, arrived, bufferBytes);
        await lean._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
        lean._socket.Send(Encoding.ASCII.GetBytes(
            $"GET /ws HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: apex.v1, jwt.{token}\r\n\r\n"));
        lean.ReceiveWhileThereIsSome(null);
        await lean._caughtUp.Task;
        return lean;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _receive.Dispose();
    }

    private void ReceiveWhileThereIsSome(SocketAsyncEventArgs? completed)
    {
        try
        {
            do
            {
                if (completed is not null && !Take(completed))
                    return;
                completed = _receive;
                if (_filled == _buffer.Length)
                    Array.Resize(ref _buffer, _buffer.Length * 2);
                _receive.SetBuffer(_buffer, _filled, _buffer.Length - _filled);
            }
            while (!_socket.ReceiveAsync(_receive));
        }
        catch (ObjectDisposedException)
        {
            // The measurement is over.
            return;
        }
        catch (Exception fault)
        {
            _caughtUp.TrySetException(fault);
            throw;
        }
    }

    private bool Take(SocketAsyncEventArgs completed)
    {
        if (completed.SocketError != SocketError.Success || completed.BytesTransferred == 0)
        {
            _caughtUp.TrySetException(new IOException($"The server ended a socket: {completed.SocketError}."));
            return false;
        }

        _filled += completed.BytesTransferred;
        var used = Work(_buffer.AsSpan(0, _filled));
        _buffer.AsSpan(used, _filled - used).CopyTo(_buffer);
        _filled -= used;
        return true;
    }

    /// <returns>How many bytes are dealt with.</returns>
    private int Work(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        if (!_isUpgraded)
        {
            var end = bytes.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return 0;
            if (!bytes.StartsWith("HTTP/1.1 101"u8))
                throw new IOException(Encoding.ASCII.GetString(bytes));
            _isUpgraded = true;
            used = end + 4;
        }

        var events = 0;
        var isCaughtUp = false;
        while (TryFrame(bytes[used..], out var opcode, out var payload, out var length))
        {
            used += length;
            if (opcode == Ping)
                _socket.Send([Pong, 0x80, 0, 0, 0, 0]);
            else if (payload.StartsWith("{\"type\":\"connection_established"u8))
                Resume();
            else if (payload.StartsWith("{\"type\":\"caught_up"u8))
                isCaughtUp = true;
            else if (!payload.StartsWith("{\"type\":\"backlog"u8))
                events++;
        }

        if (events > 0)
        {
            Events += events;
            _arrived(this, events);
        }

        if (isCaughtUp)
            _caughtUp.TrySetResult();
        return used;
    }

    private static bool TryFrame(ReadOnlySpan<byte> bytes, out byte opcode, out ReadOnlySpan<byte> payload, out int length)
    {
        opcode = 0;
        payload = default;
        length = 0;
        if (bytes.Length < 4)
            return bytes is [Ping, 0] && Whole(bytes, 2, 0, out opcode, out payload, out length);
        return bytes[1] switch
        {
            < 126 => Whole(bytes, 2, bytes[1], out opcode, out payload, out length),
            126 => Whole(bytes, 4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), out opcode, out payload, out length),
            _ => bytes.Length >= 10
                && Whole(bytes, 10, (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]), out opcode, out payload, out length),
        };
    }

    private static bool Whole(
        ReadOnlySpan<byte> bytes, int header, int size, out byte opcode, out ReadOnlySpan<byte> payload, out int length)
    {
        length = header + size;
        opcode = bytes[0];
        payload = default;
        if (bytes.Length < length)
            return false;
        payload = bytes[header..length];
        return true;
    }

    private void Resume()
    {
        var words = _after is { } seq ? $$"""{"type":"resume","after":{{seq}}}""" : """{"type":"resume"}""";
        // A mask of zeros is a mask.
        _socket.Send([Text, (byte)(0x80 | words.Length), 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(words)]);
    }
}
