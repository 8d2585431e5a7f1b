using System.Numerics;
using System.Runtime.InteropServices;

namespace Apex.Server.Connections.Framing;

/// <summary>The XOR of RFC 6455 section 5.3.</summary>
internal static class Masking
{
    /// <summary>Masks or unmasks in place.</summary>
    /// <param name="mask">The four masking bytes as they lie in memory.</param>
    /// <param name="offset">Position of the first byte within its frame's payload.</param>
    public static void Apply(Span<byte> bytes, uint mask, long offset)
    {
        Span<byte> turned = stackalloc byte[4];
        Span<byte> plain = stackalloc byte[4];
        MemoryMarshal.Write(plain, in mask);
        for (var i = 0; i < 4; i++)
            turned[i] = plain[(int)((offset + i) & 3)];

        var word = MemoryMarshal.Read<uint>(turned);
        var wide = Vector.AsVectorByte(new Vector<uint>(word));
        var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(bytes);
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] ^= wide;

        for (var i = vectors.Length * Vector<byte>.Count; i < bytes.Length; i++)
            bytes[i] ^= turned[i & 3];
    }
}
