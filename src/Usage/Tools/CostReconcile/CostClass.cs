namespace Apex.Usage.Tools.CostReconcile;

/// <summary>Why a recorded cost differs from the listed one.</summary>
internal enum CostClass
{
    Exact,
    CacheRead,
    CacheWrite,
    CacheDoubleCount,
    PriceLag,
    OtherPrice,
    Free,
    Outlier,
    Residual,
    Unpriced,
    NoRecordedCost,
}

internal static class CostClassMeaning
{
    public static string Of(CostClass cost) => cost switch
    {
        CostClass.Exact => "Recorded and listed cost are equal to a nano-dollar (two zeros included).",
        CostClass.CacheRead =>
            "Recorded less than listed, but not less than with all input read from a cache: cache reads the log "
            + "does not show.",
        CostClass.CacheWrite =>
            "Recorded more than listed, but not more than with all input written to a cache: cache writes the log "
            + "does not show.",
        CostClass.CacheDoubleCount =>
            "Recorded more than listed by a whole number of cache-read tokens: cached input billed a second time "
            + "on top.",
        CostClass.PriceLag =>
            "Equal to the cost by another dated price of the same model: the client's or the list's price came "
            + "late.",
        CostClass.OtherPrice => "Several rows of one model agree with one pair of prices that no dated row holds.",
        CostClass.Free => "Recorded as free although the price list asks money.",
        CostClass.Outlier => "More than three times, or less than a third of, the listed cost, and more than a cent apart.",
        CostClass.Residual => "No rule explains the difference.",
        CostClass.Unpriced => "A cost was recorded, but no price is known to compare it with.",
        CostClass.NoRecordedCost => "The source recorded no cost.",
        _ => throw new ArgumentOutOfRangeException(nameof(cost), cost, "No such class."),
    };
}
