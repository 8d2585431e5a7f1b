using System.Globalization;
using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Sections;

/// <summary>Numbers as the sections print them; what is not known is a dash.</summary>
internal static class Words
{
    public static string Dollars(double? value) => Of(value, "usd");

    /// <summary>In tables, where amounts stand under each other: two decimals, and never a zero for what is none.</summary>
    public static string Money(double? value) => value switch
    {
        null => "–",
        > 0 and < 0.005 => "< $0.01",
        < 0 and > -0.005 => "> -$0.01",
        { } dollars => dollars.ToString("$#,0.00;-$#,0.00;$0.00", CultureInfo.InvariantCulture),
    };

    public static string Share(double? value) => Of(value, "share");

    /// <summary>In tables: one decimal.</summary>
    public static string Percent(double? value) => value switch
    {
        null => "–",
        > 0 and < 0.0005 => "< 0.1 %",
        { } share => (share * 100).ToString("#,0.0' %'", CultureInfo.InvariantCulture),
    };

    public static string Count(double? value) => value is { } number ? number.ToString("#,0", CultureInfo.InvariantCulture) : "–";

    public static string OneDecimal(double? value) => value is { } number ? number.ToString("#,0.#", CultureInfo.InvariantCulture) : "–";

    public static string Of(double? value, string unit) => value is { } number ? FieldText.Value(number, unit) : "–";

    public static string Plural(double? value, string one, string many) => value is 1 ? "1 " + one : $"{Count(value)} {many}";

    public static string Day(string? iso) =>
        DateTimeOffset.TryParse(iso, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment.UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture)
            : iso ?? "–";

    /// <summary>A whole month by its name; else the first and the last day, for a span ends before its end.</summary>
    public static string Span(string? from, string? to)
    {
        if (!TryRead(from, out var first) || !TryRead(to, out var end))
            return "–";
        return first.Day == 1 && first.TimeOfDay == TimeSpan.Zero && first.AddMonths(1) == end
            ? first.ToString("MMMM yyyy", CultureInfo.InvariantCulture)
            : $"{first.ToString("d MMM yyyy", CultureInfo.InvariantCulture)} – {end.AddTicks(-1).ToString("d MMM yyyy", CultureInfo.InvariantCulture)}";
    }

    /// <summary>For sentences: <c>April 2026</c>.</summary>
    public static string Month(string key) =>
        DateOnly.TryParseExact(key + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)
            ? month.ToString("MMMM yyyy", CultureInfo.InvariantCulture)
            : key;

    /// <summary>A model's name without the path of its vendor, where a column is narrow.</summary>
    public static string Short(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static bool TryRead(string? iso, out DateTime moment) => DateTime.TryParse(
        iso, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment);
}
