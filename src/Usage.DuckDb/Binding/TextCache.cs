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

    private static int Place(ReadOnlySpan<byte> utf8)
    {
        // FNV-1a: a few nanoseconds for names, and no need to withstand anyone here.
        var hash = 2_166_136_261u;
        foreach (var each in utf8)
            hash = (hash ^ each) * 16_777_619u;
        return (int)((hash ^ (hash >> 15)) & (Places - 1));
    }
}
