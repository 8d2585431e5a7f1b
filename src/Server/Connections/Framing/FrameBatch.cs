using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Apex.Server.Connections.Framing;

/// <summary>
/// Server frames laid one behind the other in one rented buffer, so that many go out with one write. Holds no memory between
/// <see cref="Clear"/> and the next frame: an idle connection costs no buffer.
/// </summary>
internal sealed class FrameBatch : IDisposable
{
    private const int SmallestBuffer = 4 * 1024;
    private const int MaxHeaderBytes = 10;
    private const int MaxCloseReasonBytes = 123;
    private const byte FinalBit = 0x80;

    private byte[] _buffer = [];

    /// <summary>Bytes laid down since the last <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>Text and control frames laid down since the last <see cref="Clear"/>.</summary>
    public int Frames { get; private set; }

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Length);

    public void AddText(ReadOnlySpan<byte> utf8) => Add(Opcode.Text, utf8);

    /// <summary>Echoes the payload of the ping, at most 125 bytes.</summary>
    public void AddPong(ReadOnlySpan<byte> payload) => Add(Opcode.Pong, payload);

    public void AddPing() => Add(Opcode.Ping, []);

    /// <param name="reason">Cut at a character so that the frame stays within its 125 bytes.</param>
    public void AddClose(CloseCode code, string reason)
    {
        if (code is CloseCode.NoStatus or CloseCode.Vanished)
        {
            Add(Opcode.Close, []);
            return;
        }

        Span<byte> payload = stackalloc byte[2 + MaxCloseReasonBytes];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Encoding.UTF8.GetEncoder().Convert(reason, payload[2..], flush: true, out _, out var written, out _);
        Add(Opcode.Close, payload[..(2 + written)]);
    }

    public void Clear()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        Length = Frames = 0;
    }

    public void Dispose() => Clear();

    private void Add(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        Reserve(MaxHeaderBytes + payload.Length);
        _buffer[Length++] = (byte)(FinalBit | (byte)opcode);
        switch (payload.Length)
        {
            case < 126:
                _buffer[Length++] = (byte)payload.Length;
                break;
            case <= ushort.MaxValue:
                _buffer[Length++] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(Length), (ushort)payload.Length);
                Length += 2;
                break;
            default:
                _buffer[Length++] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(_buffer.AsSpan(Length), (ulong)payload.Length);
                Length += 8;
                break;
        }

        payload.CopyTo(_buffer.AsSpan(Length));
        Length += payload.Length;
        Frames++;
    }

    private void Reserve(int more)
    {
        if (_buffer.Length - Length >= more)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, Math.Max(Length + more, _buffer.Length * 2)));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
