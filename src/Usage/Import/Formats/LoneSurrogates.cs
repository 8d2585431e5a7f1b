using System.Globalization;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Halves of characters in JSON texts, <c>\ud83d</c> without its other half, as programs write them that cut an answer in the middle
/// of an emoji. They are no text, and reading them fails; each is replaced by the sign for what cannot be read.
/// </summary>
internal static class LoneSurrogates
{
    private const int EscapeBytes = 6;

    /// <returns>The same bytes when there is nothing to repair, which is nearly always; else a copy.</returns>
    public static ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> json) => Repaired(json.Span) is { } copy ? copy : json;

    public static byte[]? Repaired(ReadOnlySpan<byte> json)
    {
        byte[]? copy = null;
        for (var at = 0; at < json.Length;)
        {
            var found = json[at..].IndexOf((byte)'\\');
            if (found < 0)
                break;

            at += found;
            if (Unit(json[at..]) is not { } unit || !char.IsSurrogate(unit))
            {
                at += 2;
                continue;
            }

            if (char.IsHighSurrogate(unit) && Unit(json[(at + EscapeBytes)..]) is { } next && char.IsLowSurrogate(next))
            {
                at += 2 * EscapeBytes;
                continue;
            }

            copy ??= json.ToArray();
            "fffd"u8.CopyTo(copy.AsSpan(at + 2));
            at += EscapeBytes;
        }

        return copy;
    }

    private static char? Unit(ReadOnlySpan<byte> escape) =>
        escape.Length >= EscapeBytes && escape[0] == (byte)'\\' && escape[1] == (byte)'u'
            && ushort.TryParse(escape[2..EscapeBytes], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;
}
