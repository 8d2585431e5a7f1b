using System.Buffers.Binary;
using System.Text;

namespace Apex.Server.Tests.Connections.Framing;

/// <summary>Builds what a client may, or must not, put on the wire, byte by byte.</summary>
internal static class MaskedFrame
{
    public const int Continuation = 0, TextOpcode = 1, Binary = 2, CloseOpcode = 8, PingOpcode = 9, PongOpcode = 10;

    private static readonly byte[] Mask = [0x37, 0xFA, 0x21, 0x3D];

    public static byte[] Text(string text, bool final = true) => Make(TextOpcode, Encoding.UTF8.GetBytes(text), final);

    public static byte[] Continue(string text, bool final) => Make(Continuation, Encoding.UTF8.GetBytes(text), final);

    public static byte[] Ping(string payload = "") => Make(PingOpcode, Encoding.UTF8.GetBytes(payload));

    public static byte[] Close(int code, string reason = "")
    {
        var payload = new byte[2 + Encoding.UTF8.GetByteCount(reason)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Encoding.UTF8.GetBytes(reason, payload.AsSpan(2));
        return Make(CloseOpcode, payload);
    }

    /// <param name="lengthBytes">0 for the shortest form; 2 or 8 to write the length wider than needed.</param>
    public static byte[] Make(
        int opcode, byte[] payload, bool final = true, int reserved = 0, bool masked = true, int lengthBytes = 0)
    {
        var header = Header(opcode, (ulong)payload.Length, final, reserved, masked, lengthBytes);
        var frame = new byte[header.Length + payload.Length];
        header.CopyTo(frame, 0);
        for (var i = 0; i < payload.Length; i++)
            frame[header.Length + i] = (byte)(payload[i] ^ (masked ? Mask[i & 3] : 0));
        return frame;
    }

    public static byte[] Header(
        int opcode, ulong length, bool final = true, int reserved = 0, bool masked = true, int lengthBytes = 0)
    {
        if (lengthBytes == 0)
            lengthBytes = length < 126 ? 0 : length <= ushort.MaxValue ? 2 : 8;
        var header = new byte[2 + lengthBytes + (masked ? 4 : 0)];
        header[0] = (byte)((final ? 0x80 : 0) | (reserved << 4) | opcode);
        header[1] = (byte)((masked ? 0x80 : 0) | lengthBytes switch { 0 => (int)length, 2 => 126, _ => 127 });
        if (lengthBytes == 2)
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)length);
        if (lengthBytes == 8)
            BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(2), length);
        if (masked)
            Mask.CopyTo(header, header.Length - 4);
        return header;
    }
}
