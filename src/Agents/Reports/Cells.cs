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

    /// <summary>Words of an envelope, for a table cell.</summary>
    public static Inline Note(Envelope envelope, string pointer) => Inline.Quoted(envelope.Text(pointer) ?? "");
}
