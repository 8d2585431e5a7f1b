using System.Globalization;

namespace Apex.Agents.Figures;

/// <summary>How a figure is printed.</summary>
internal enum FigureFormat
{
    /// <summary><c>$1,234.56</c>; below ten cents two significant digits.</summary>
    Dollars,

    /// <summary><c>5,563</c>.</summary>
    Count,

    /// <summary>Below ten thousand as it is, else <c>12.3k</c>, <c>1.2M</c>, <c>3.4B</c>.</summary>
    Tokens,

    /// <summary>A share of 0 to 1 as <c>12.3 %</c>.</summary>
    Share,

    /// <summary>A plain number: <c>3.25</c>.</summary>
    Number,

    /// <summary><c>850 ms</c>, <c>12.3 s</c>.</summary>
    Milliseconds,
}

internal static class FigureText
{
    /// <summary>The unit of <see cref="Protocol.Reports.Figure.Unit"/>, where the caller knows no better.</summary>
    public static string UnitOf(FigureFormat format) => format switch
    {
        FigureFormat.Dollars => "usd",
        FigureFormat.Tokens => "tokens",
        FigureFormat.Share => "share",
        FigureFormat.Milliseconds => "ms",
        _ => "count",
    };

    public static string Of(double value, FigureFormat format) => format switch
    {
        FigureFormat.Dollars => Dollars(value),
        FigureFormat.Count => value.ToString("#,0", CultureInfo.InvariantCulture),
        FigureFormat.Tokens => Compact(value),
        FigureFormat.Share => Digits(value * 100, 1) + " %",
        FigureFormat.Milliseconds => value < 1_000 ? Digits(value, 0) + " ms" : Digits(value / 1_000, 1) + " s",
        _ => Digits(value, 2),
    };

    private static string Dollars(double value)
    {
        var size = Math.Abs(value);
        var digits = size switch
        {
            0 or >= 0.0995 => 2,
            // Two significant digits of small amounts, at most to a nano-dollar.
            _ => Math.Min(9, 1 - (int)Math.Floor(Math.Log10(size))),
        };
        return (value < 0 ? "-$" : "$") + size.ToString("#,0." + new string('0', digits), CultureInfo.InvariantCulture);
    }

    private static string Compact(double value) => Math.Abs(value) switch
    {
        < 9_999.5 => value.ToString("#,0", CultureInfo.InvariantCulture),
        < 999_950 => Digits(value / 1e3, 1) + "k",
        < 999_950_000 => Digits(value / 1e6, 1) + "M",
        _ => Digits(value / 1e9, 1) + "B",
    };

    /// <summary>At least two significant digits of what is small, so that a small share does not read as none.</summary>
    private static string Digits(double value, int digits)
    {
        var size = Math.Abs(value);
        if (size > 0 && size < 0.5 * Math.Pow(10, -digits) * 2)
            digits = Math.Min(9, 1 - (int)Math.Floor(Math.Log10(size)));
        return value.ToString(digits == 0 ? "#,0" : "#,0." + new string('#', digits), CultureInfo.InvariantCulture);
    }
}
