using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Import;

/// <summary>Puts the price book's answer on a row and checks the cost its source recorded against it.</summary>
public static class EventPricing
{
    /// <summary>The recorded cost is more than three times, or less than a third of, what the price book says.</summary>
    public const string CostOutlier = "cost_outlier";

    private const int OutlierFactor = 3;

    // Gaps of a cent or less are rounding, whatever their ratio.
    private static readonly NanoDollars OutlierGap = new(NanoDollars.PerDollar / 100);

    public static UsageEvent PricedBy(this UsageEvent call, PriceBook prices)
    {
        if (call.QualityFlags.Contains(QualityFlags.ExcludedFromMoney))
            return call with { CostList = null, CostEffective = null, PriceRowId = null, PriceFlags = [Prices.PriceFlags.Unpriced] };

        var price = prices.Price(call);
        return call with
        {
            CostList = price.List,
            CostEffective = price.Effective,
            PriceRowId = price.PriceRowId,
            PriceFlags = IsOutlier(call, price.List) ? [.. price.Flags, CostOutlier] : price.Flags,
        };
    }

    private static bool IsOutlier(UsageEvent call, NanoDollars? list)
    {
        if (call.CostRecorded is not { } recorded || list is not { } listed || call.CostRecordedCurrency is not (null or "USD"))
            return false;

        var (low, high) = recorded < listed ? (recorded, listed) : (listed, recorded);
        return high - low > OutlierGap && (Int128)high.Value > (Int128)OutlierFactor * low.Value;
    }
}
