using System.Text;
using System.Text.RegularExpressions;

namespace Apex.Usage.Import.Formats.Focus;

/// <summary>Units of tokens as bills write them.</summary>
internal static partial class TokenUnit
{
    /// <returns>Tokens per unit; null when the unit is not of tokens.</returns>
    public static decimal? Factor(ReadOnlySpan<byte> unit)
    {
        var match = Unit().Match(Encoding.UTF8.GetString(unit).Trim().ToLowerInvariant());
        if (!match.Success)
            return null;

        return match.Groups[1].Value switch
        {
            "" or "1 " => 1,
            "1k" or "1k " or "k" or "k " or "thousand " or "1000 " or "1,000 " => 1_000,
            _ => 1_000_000,
        };
    }

    [GeneratedRegex(@"^(|1 |1?k ?|thousand |1,?000 |1?m ?|million |1,?000,?000 )tokens?$", RegexOptions.CultureInvariant)]
    private static partial Regex Unit();
}
