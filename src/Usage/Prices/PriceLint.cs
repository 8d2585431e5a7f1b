using System.Globalization;
using Apex.Usage.Events;

namespace Apex.Usage.Prices;

/// <summary>
/// Looks for prices that are likely mistakes: ratios to the plain input price that no vendor has, and jumps. Some vendors really
/// differ, so a finding warns and refuses nothing.
/// </summary>
public static class PriceLint
{
    /// <summary>Change of a price from one row of a key to the next, above which it is told.</summary>
    public const decimal Jump = 0.5m;

    /// <summary>Days before its end at which a model's deprecation is told.</summary>
    public const int DeprecationDays = 90;

    private static readonly (PriceTerm Term, ServiceTier Tier, decimal Low, decimal High, string What)[] Bands =
    [
        (PriceTerm.CacheRead, ServiceTier.Standard, 0.005m, 0.8m, "cached input"),
        (PriceTerm.CacheWrite5m, ServiceTier.Standard, 1m, 1.5m, "writing the five-minute cache"),
        (PriceTerm.CacheWrite1h, ServiceTier.Standard, 1.5m, 2.5m, "writing the one-hour cache"),
        (PriceTerm.Input, ServiceTier.Batch, 0.45m, 0.6m, "batch input"),
        (PriceTerm.Input, ServiceTier.Priority, 1.2m, 3m, "priority input"),
    ];

    /// <param name="rows">Of one or many keys, in any order.</param>
    /// <param name="today">For deprecations.</param>
    public static IReadOnlyList<PriceFinding> Check(IEnumerable<PriceRow> rows, DateOnly today)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var findings = new List<PriceFinding>();
        foreach (var key in rows.Where(row => !row.Removed).GroupBy(row => row.Model, StringComparer.Ordinal))
        {
            PriceRow? before = null;
            foreach (var row in key.OrderBy(row => row.EffectiveFrom))
            {
                CheckRatios(row, findings);
                if (before is not null)
                    CheckJumps(before, row, findings);
                before = row;
            }

            if (before is { DeprecatedOn: { } day } && day.DayNumber - today.DayNumber <= DeprecationDays)
                findings.Add(Deprecated(before, day, today));
        }

        return findings;
    }

    private static void CheckRatios(PriceRow row, List<PriceFinding> findings)
    {
        if (!row.Prices.TryGetValue(new PriceField(PriceTerm.Input), out var input) || input <= 0)
            return;

        foreach (var (term, tier, low, high, what) in Bands)
        {
            var field = new PriceField(term, 0, tier);
            if (!row.Prices.TryGetValue(field, out var price) || price == 0)
                continue;

            var ratio = price / input;
            if (ratio < low || ratio > high)
            {
                findings.Add(new PriceFinding(
                    PriceFinding.Ratio, row.Model, row.EffectiveFrom, field, price, input, string.Create(CultureInfo.InvariantCulture,
                    $"{row.Model}{Since(row)}: {what} costs {ratio:0.###} times the plain input; {low} to {high} is usual.")));
            }
        }
    }

    private static void CheckJumps(PriceRow before, PriceRow row, List<PriceFinding> findings)
    {
        foreach (var (field, price) in row.Prices.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
        {
            if (!before.Prices.TryGetValue(field, out var old) || old <= 0 || Math.Abs(price - old) / old <= Jump)
                continue;

            findings.Add(new PriceFinding(
                PriceFinding.PriceJump, row.Model, row.EffectiveFrom, field, price, old, string.Create(CultureInfo.InvariantCulture,
                $"{row.Model} on {row.EffectiveFrom:yyyy-MM-dd}: {field} goes from {old * 1_000_000m:0.######} to {price * 1_000_000m:0.######} dollars per million.")));
        }
    }

    /// <summary>Prices that hold from ever have no date worth telling.</summary>
    private static string Since(PriceRow row) => row.EffectiveFrom == DateTimeOffset.UnixEpoch
        ? ""
        : row.EffectiveFrom.ToString(" 'from' yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static PriceFinding Deprecated(PriceRow row, DateOnly day, DateOnly today) => new(
        PriceFinding.Deprecation, row.Model, row.EffectiveFrom, null, null, null, string.Create(CultureInfo.InvariantCulture,
        $"{row.Model} {(day < today ? "ended" : "ends")} on {day:yyyy-MM-dd}."));
}

/// <param name="Rule"><see cref="Ratio"/>, <see cref="PriceJump"/> or <see cref="Deprecation"/>.</param>
/// <param name="From">Of the row that was looked at.</param>
/// <param name="Field">Null when it is not about one price.</param>
/// <param name="Price">US dollars per token.</param>
/// <param name="Reference">The plain input price, or the price before.</param>
/// <param name="Message">A whole sentence.</param>
public sealed record PriceFinding(
    string Rule, string Model, DateTimeOffset From, PriceField? Field, decimal? Price, decimal? Reference, string Message)
{
    public const string Ratio = "ratio";
    public const string PriceJump = "jump";
    public const string Deprecation = "deprecation";
}
