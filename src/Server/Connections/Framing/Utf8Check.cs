using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Apex.Server.Connections.Framing;

/// <summary>Checks a text that arrives in pieces, each piece as it comes, so that a bad one is refused at its first bad byte.</summary>
internal static class Utf8Check
{
    /// <summary>
    /// How many bytes from the start are whole valid characters, or −1 when no continuation can make the text valid. At most the
    /// last 3 bytes are left over, as the beginning of a character.
    /// </summary>
    public static int ValidPrefix(ReadOnlySpan<byte> text)
    {
        var whole = text.Length - UnfinishedTail(text);
        if (!Utf8.IsValid(text[..whole]))
            return -1;
        return whole == text.Length || Rune.DecodeFromUtf8(text[whole..], out _, out _) == OperationStatus.NeedMoreData
            ? whole
            : -1;
    }

    private static int UnfinishedTail(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= Math.Min(3, text.Length); back++)
        {
            var value = text[^back];
            if ((value & 0xC0) == 0x80)
                continue;
            var needed = value switch { >= 0xF0 => 4, >= 0xE0 => 3, >= 0xC0 => 2, _ => 1 };
            return needed > back ? back : 0;
        }

        return 0;
    }
}
