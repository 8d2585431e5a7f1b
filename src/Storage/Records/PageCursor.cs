using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Apex.Storage.Records;

/// <summary>Where the next page begins: a number and, among equal numbers, an id. Opaque to whoever passes it back.</summary>
internal readonly record struct PageCursor(long Number, string Id)
{
    public string Write() =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Number.ToString(CultureInfo.InvariantCulture) + ":" + Id));

    /// <exception cref="FormatException">The text is no cursor of ours.</exception>
    public static PageCursor Read(string text)
    {
        var decoded = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
        var colon = decoded.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && long.TryParse(decoded.AsSpan(0, colon), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? new PageCursor(number, decoded[(colon + 1)..])
            : throw new FormatException("The cursor is not one that was given out.");
    }
}
