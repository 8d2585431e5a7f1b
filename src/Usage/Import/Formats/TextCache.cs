using System.Text;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Hands out one string for equal texts, since names of models and users repeat from row to row. A fixed number of places; a text
/// that falls into a taken one replaces it.
/// </summary>
internal sealed class TextCache
{
    private const int Places = 1_024;
    private const int MaxCachedBytes = 128;

    private readonly string?[] texts = new string?[Places];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxCachedBytes)
            return Encoding.UTF8.GetString(utf8);

        var hash = default(HashCode);
        hash.AddBytes(utf8);
        ref var place = ref texts[hash.ToHashCode() & (Places - 1)];
        if (place is { } known && known.Length == utf8.Length && Ascii.Equals(utf8, known))
            return known;

        return place = Encoding.UTF8.GetString(utf8);
    }
}
