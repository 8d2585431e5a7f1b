using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>
/// Hands out one string for equal texts of an answer: names of models, users and features repeat in every chunk, and copies of
/// them would be most of what a scan allocates. A fixed number of places, the newest text takes its place. One reader at a time.
/// </summary>
internal sealed class TextCache
{
    private const int Places = 1_024;
    private const int LongestKept = 64;

    private readonly string?[] texts = new string?[Places];

    internal string Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LongestKept)
            return Encoding.UTF8.GetString(utf8);

        ref var place = ref texts[Place(utf8)];
        if (place is { } known && known.Length == utf8.Length && Ascii.Equals(utf8, known))
            return known;
        return place = Encoding.UTF8.GetString(utf8);
    }

    /// <summary>Multiplied by the word: a few nanoseconds for names, and no need to withstand anyone here.</summary>
    private static int Place(ReadOnlySpan<byte> utf8)
    {
        var hash = (ulong)utf8.Length;
        for (; utf8.Length >= sizeof(ulong); utf8 = utf8[sizeof(ulong)..])
            hash = Mixed(hash, BinaryPrimitives.ReadUInt64LittleEndian(utf8));
        ulong rest = 0;
        foreach (var each in utf8)
            rest = (rest << 8) | each;
        return (int)(Mixed(hash, rest) >> 32) & (Places - 1);
    }

    private static ulong Mixed(ulong hash, ulong word) => BitOperations.RotateLeft((hash ^ word) * 11_400_714_819_323_198_485UL, 29);
}
