using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.CostReconcile;

/// <summary>
/// Puts one row into a class. Both costs are rounded to a nano-dollar, so two that agree can differ by one. Rules are tried from
/// the narrowest to the widest; other_price needs several rows and comes later.
/// </summary>
internal sealed class CostClassifier(PriceBook prices)
{
    private const long Nano = 1;
    private const int OutlierFactor = 3;
    private const long OutlierGapNano = NanoDollars.PerDollar / 100;

    public (CostClass Class, string Note) Classify(UsageEvent call)
    {
        if (call.CostRecorded is not { } recorded)
            return (CostClass.NoRecordedCost, "");
        if (call.CostList is not { } list)
            return (CostClass.Unpriced, "");
        if (Same(recorded, list))
            return (CostClass.Exact, "");
        if (recorded == NanoDollars.Zero)
            return (CostClass.Free, "");
        if (LaggingPrice(call, recorded) is { } note)
            return (CostClass.PriceLag, note);

        var difference = recorded - list;
        if (IsCacheRead(call, recorded, difference))
            return (CostClass.CacheRead, "");
        if (IsCacheWrite(call, recorded, difference))
            return (CostClass.CacheWrite, "");
        if (DoubleCountedTokens(call, difference) is { } tokens)
            return (CostClass.CacheDoubleCount, string.Create(CultureInfo.InvariantCulture, $"{tokens:N0} cached tokens on top"));
        return IsOutlier(recorded, list) ? (CostClass.Outlier, OutlierNote(call, recorded)) : (CostClass.Residual, "");
    }

    private static bool Same(NanoDollars left, NanoDollars right) => Math.Abs((left - right).Value) <= Nano;

    /// <summary>Tries every dated row: plainly first, then with a whole number of tokens read from or written to a cache.</summary>
    private string? LaggingPrice(UsageEvent call, NanoDollars recorded)
    {
        var byRow = prices.PriceByEveryRow(call);
        for (var i = 0; i < byRow.Count; i++)
            if (byRow[i].List is { } list && Same(list, recorded))
                return $"as by {byRow[i].PriceRowId}";

        var allRead = prices.PriceByEveryRow(AllInput(call, read: true));
        var allWritten = prices.PriceByEveryRow(AllInput(call, read: false));
        for (var i = 0; i < byRow.Count; i++)
        {
            // The row in force is judged by the wider cache rules below, which name the cause better.
            if (byRow[i].List is not { } list || list == call.CostList)
                continue;
            if (WholeTokens(call, list, allRead[i], recorded) is { } read)
                return string.Create(CultureInfo.InvariantCulture,
                    $"as by {byRow[i].PriceRowId} with {read:N0} tokens read from the cache");
            if (WholeTokens(call, list, allWritten[i], recorded) is { } written)
                return string.Create(CultureInfo.InvariantCulture,
                    $"as by {byRow[i].PriceRowId} with {written:N0} tokens written to the cache");
        }

        return null;
    }

    /// <summary>How many tokens, billed as in the extreme instead of plainly, give the recorded cost; null unless a whole number does.</summary>
    private static long? WholeTokens(UsageEvent call, NanoDollars plain, PricedCall extreme, NanoDollars recorded)
    {
        if (extreme.List is not { } most || most == plain || call.InUncached == 0)
            return null;
        var perToken = (most - plain).Dollars / call.InUncached;
        var tokens = decimal.Round((recorded - plain).Dollars / perToken);
        var isWhole = Math.Abs((tokens * perToken) - (recorded - plain).Dollars) <= 2m * Nano / NanoDollars.PerDollar;
        return isWhole && tokens >= 1 && tokens <= call.InUncached ? (long)tokens : null;
    }

    private bool IsCacheRead(UsageEvent call, NanoDollars recorded, NanoDollars difference) =>
        difference < NanoDollars.Zero && CostWith(call, read: true) is { } least && recorded.Value >= least.Value - Nano;

    private bool IsCacheWrite(UsageEvent call, NanoDollars recorded, NanoDollars difference) =>
        difference > NanoDollars.Zero && CostWith(call, read: false) is { } most && recorded.Value <= most.Value + Nano;

    /// <summary>Null when the row's model has no price for cached input.</summary>
    private NanoDollars? CostWith(UsageEvent call, bool read)
    {
        var priced = prices.Price(AllInput(call, read));
        return priced.Flags.Contains(PriceFlags.NoCachePrice) ? null : priced.List;
    }

    private static UsageEvent AllInput(UsageEvent call, bool read) => call with
    {
        InUncached = 0,
        InCacheRead = read ? call.InCacheRead + call.InUncached : call.InCacheRead,
        InCacheWrite5m = read ? call.InCacheWrite5m : call.InCacheWrite5m + call.InUncached,
    };

    private long? DoubleCountedTokens(UsageEvent call, NanoDollars difference)
    {
        if (difference <= NanoDollars.Zero || call.Model is null)
            return null;
        var quote = prices.Find(call.Model, call.StartedAt, call.Provider);
        if (quote is null || !quote.Row.Prices.TryGetValue(new PriceField(PriceTerm.CacheRead), out var usdPerToken) || usdPerToken <= 0)
            return null;

        var tokens = decimal.Round(difference.Dollars / usdPerToken);
        var isWhole = Math.Abs((tokens * usdPerToken) - difference.Dollars) <= 2m * Nano / NanoDollars.PerDollar;
        return isWhole && tokens >= 1 && tokens <= call.InputTotal ? (long)tokens : null;
    }

    private static bool IsOutlier(NanoDollars recorded, NanoDollars list)
    {
        var (low, high) = recorded < list ? (recorded, list) : (list, recorded);
        return (high - low).Value > OutlierGapNano && (Int128)high.Value > (Int128)OutlierFactor * low.Value;
    }

    /// <summary>An outlier often is one wrong price: tells which round price of output would explain it.</summary>
    private string OutlierNote(UsageEvent call, NanoDollars recorded)
    {
        if (call.OutputTotal == 0 || prices.Price(call, call.ServiceTier, BucketTokens.Of(call).InputAlone).List is not { } input)
            return "";
        var usdPerToken = (recorded - input).Dollars / call.OutputTotal;
        var rounded = decimal.Round(usdPerToken, 4);
        return usdPerToken > 0.001m && Math.Abs(usdPerToken - rounded) < 0.0000001m
            ? string.Create(CultureInfo.InvariantCulture,
                $"the input at its list price and {call.OutputTotal:N0} output tokens at ${rounded:0.####} "
                + $"each: a placeholder or misplaced price")
            : "";
    }
}
