using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Apex.Usage.Prices;

/// <summary>Names a book's content, so that equal versions mean equal prices, limits and abilities.</summary>
internal static class PriceBookVersion
{
    public static string Of(IReadOnlyList<PriceRow> rows, IReadOnlyList<ContractDiscount> discounts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in rows)
            hash.AppendData(Encoding.UTF8.GetBytes(Line(row)));
        foreach (var discount in discounts)
            hash.AppendData(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture,
                    $"{discount.ModelPrefix}|{discount.Share}|{discount.From:O}|{discount.To:O}\n")));

        var newest = rows.Count == 0 ? "none" : rows.Max(row => row.EffectiveFrom).UtcDateTime.ToString("yyyy-MM-dd");
        return $"{newest}-{Convert.ToHexStringLower(hash.GetHashAndReset())[..12]}";
    }

    private static string Line(PriceRow row)
    {
        var line = new StringBuilder(row.Id).Append(row.Removed ? "|removed" : row.BuiltIn ? "|builtin" : "|");
        // Limits, ends and abilities decide what an analysis proposes, so they are part of what a version stands for.
        line.Append(CultureInfo.InvariantCulture, $"|{row.Provider}|{row.MaxInputTokens}|{row.MaxOutputTokens}|{row.DeprecatedOn:O}");
        foreach (var ability in (row.Abilities ?? []).Order(StringComparer.Ordinal))
            line.Append('+').Append(ability);
        line.Append(row.Abilities is null ? "?" : "");
        // Trailing zeros are no difference in price, hence G29.
        foreach (var (field, price) in row.Prices.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
            line.Append('|').Append(field).Append('=').Append((price / 1.0000000000000000000000000000m).ToString("G29", CultureInfo.InvariantCulture));
        return line.Append('\n').ToString();
    }
}
