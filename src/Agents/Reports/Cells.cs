using System.Globalization;
using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>Small pieces that several sections print alike.</summary>
internal static class Cells
{
    /// <summary>A time to the minute, UTC.</summary>
    public static Inline Moment(Envelope envelope, string pointer) => new(
        envelope.Time(pointer)?.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "–");

    /// <summary>A figure with its noun in the right number.</summary>
    public static Inline Counted(Inline figure, double? value, string one, string many) =>
        new($"{figure.Markdown} {(value is 1 ? one : many)}");

    /// <summary>The beginning of a row's id, enough to find it; the envelope holds the whole.</summary>
    public static Inline Id(Envelope envelope, string pointer)
    {
        const int shown = 12;
        var id = envelope.Text(pointer) ?? "";
        return Inline.Name(id.Length <= shown ? id : id[..shown]);
    }

    /// <summary>Words of an envelope, for a table cell.</summary>
    public static Inline Note(Envelope envelope, string pointer) => Inline.Quoted(envelope.Text(pointer) ?? "");
}
