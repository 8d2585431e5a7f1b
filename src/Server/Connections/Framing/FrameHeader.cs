using System.Buffers;
using System.Buffers.Binary;

namespace Apex.Server.Connections.Framing;

internal enum Opcode : byte
{
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

/// <summary>The 2 to 14 bytes in front of a frame's payload (RFC 6455 section 5.2).</summary>
/// <param name="Length">Payload bytes; up to 2^63 − 1, whatever the peer claims.</param>
/// <param name="Mask">The four masking bytes as they lie in memory.</param>
internal readonly record struct FrameHeader(bool Final, int ReservedBits, Opcode Opcode, bool Masked, ulong Length, uint Mask)
{
    private const int MaxBytes = 14;

    public bool IsControl => ((byte)Opcode & 0x8) != 0;

    /// <summary>Reads a header from the start of the buffer and moves it past; false while bytes are missing.</summary>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out FrameHeader header)
    {
        header = default;
        Span<byte> copy = stackalloc byte[MaxBytes];
        var available = (int)Math.Min(buffer.Length, MaxBytes);
        buffer.Slice(0, available).CopyTo(copy);
        if (available < 2)
            return false;

        var masked = (copy[1] & 0x80) != 0;
        var shortLength = copy[1] & 0x7F;
        var lengthBytes = shortLength switch { 126 => 2, 127 => 8, _ => 0 };
        var total = 2 + lengthBytes + (masked ? 4 : 0);
        if (available < total)
            return false;

        var length = lengthBytes switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(copy[2..]),
            8 => BinaryPrimitives.ReadUInt64BigEndian(copy[2..]),
            _ => (ulong)shortLength,
        };
        header = new FrameHeader(
            (copy[0] & 0x80) != 0,
            copy[0] & 0x70,
            (Opcode)(copy[0] & 0x0F),
            masked,
            length,
            masked ? BitConverter.ToUInt32(copy[(2 + lengthBytes)..]) : 0);
        buffer = buffer.Slice(total);
        return true;
    }

    /// <summary>The rule of RFC 6455 this header breaks on its own, or null.</summary>
    public string? Fault() => this switch
    {
        { ReservedBits: not 0 } => "Reserved bits are set, but no extension was agreed.",
        { Masked: false } => "A client must mask its frames.",
        { Length: > long.MaxValue } => "The highest bit of a 64-bit length must be 0.",
        { IsControl: true, Final: false } => "A control frame must not be fragmented.",
        { IsControl: true, Length: > 125 } => $"A control frame holds at most 125 bytes, not {Length}.",
        { Opcode: not (Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong) } =>
            $"Opcode {(int)Opcode} is reserved.",
        _ => null,
    };
}
