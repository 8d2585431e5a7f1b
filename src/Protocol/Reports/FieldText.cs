using System.Globalization;
using System.Text.RegularExpressions;

namespace Apex.Protocol.Reports;

/// <summary>
/// Values and names of a result envelope's fields as people read them. A field's name ends in its unit (<c>cost_usd</c>,
/// <c>hit_share</c>, <c>p95_ms</c>), so a reader that knows no tool can still print every result.
/// </summary>
public static partial class FieldText
{
    /// <summary>The unit a field's name tells: <c>usd</c>, <c>share</c>, <c>tokens</c>, <c>ms</c>, <c>days</c> or <c>count</c>.</summary>
    public static string UnitOf(string field)
    {
        if (ShareName().IsMatch(field))
            return "share";
        if (DollarName().IsMatch(field))
            return "usd";
        if (field.EndsWith("_ms", StringComparison.Ordinal))
            return "ms";
        if (field.EndsWith("_days", StringComparison.Ordinal))
            return "days";
        return field == "tokens" || field.EndsWith("_tokens", StringComparison.Ordinal) ? "tokens" : "count";
    }

    /// <summary><c>cost_usd</c> → <c>Cost</c>, <c>hit_share</c> → <c>Hit share</c>: without the unit where the values show it.</summary>
    public static string Label(string field)
    {
        var words = UnitInName().Replace(field, "").Replace('_', ' ').Trim();
        return words.Length == 0 ? field : char.ToUpperInvariant(words[0]) + words[1..];
    }

    /// <summary>
    /// Dollars as <c>$1,234.56</c> (small amounts to two significant digits), shares of 0 to 1 as <c>12.3 %</c>, times as
    /// <c>850 ms</c>, counts with thousands separated.
    /// </summary>
    public static string Value(double value, string unit) => unit switch
    {
        "usd" => Dollars(value),
        "share" => Digits(value * 100, 1) + " %",
        "ms" => Duration(value),
        "days" => Digits(value, 1) + (value is 1 ? " day" : " days"),
        _ => Digits(value, Math.Abs(value) >= 1_000 ? 0 : 3),
    };

    /// <summary>Short enough for an axis: <c>$1.2k</c>, <c>35 %</c>, <c>4M</c>.</summary>
    public static string Short(double value, string unit) => unit switch
    {
        "usd" => (value < 0 ? "-$" : "$") + Compact(Math.Abs(value), Math.Abs(value) is > 0 and < 10 ? 2 : 1),
        "share" => Digits(value * 100, 1) + " %",
        "ms" => Duration(value),
        _ => Compact(value, 1),
    };

    private static string Dollars(double value)
    {
        var size = Math.Abs(value);
        var digits = size is 0 or >= 0.0995 ? 2 : Math.Min(9, 1 - (int)Math.Floor(Math.Log10(size)));
        return (value < 0 ? "-$" : "$") + size.ToString("#,0." + new string('0', digits), CultureInfo.InvariantCulture);
    }

    private static string Duration(double ms) => Math.Abs(ms) switch
    {
        < 1_000 => Digits(ms, 0) + " ms",
        < 60_000 => Digits(ms / 1_000, 1) + " s",
        < 3_600_000 => Digits(ms / 60_000, 1) + " min",
        _ => Digits(ms / 3_600_000, 1) + " h",
    };

    private static string Compact(double value, int digits) => Math.Abs(value) switch
    {
        < 1_000 => Digits(value, digits),
        < 999_950 => Digits(value / 1e3, 1) + "k",
        < 999_950_000 => Digits(value / 1e6, 1) + "M",
        _ => Digits(value / 1e9, 1) + "B",
    };

    /// <summary>At least two significant digits of what is small, so that little does not read as nothing.</summary>
    private static string Digits(double value, int digits)
    {
        var size = Math.Abs(value);
        if (size > 0 && size < Math.Pow(10, -digits))
            digits = Math.Min(9, 1 - (int)Math.Floor(Math.Log10(size)));
        return value.ToString(digits == 0 ? "#,0" : "#,0." + new string('#', digits), CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("(^|_)(share|rate|coverage)$|_share_of_")]
    private static partial Regex ShareName();

    [GeneratedRegex("(^|_)usd(_|$)|^(cost|spend)$")]
    private static partial Regex DollarName();

    [GeneratedRegex("_(usd|ms)(?=_|$)")]
    private static partial Regex UnitInName();
}
