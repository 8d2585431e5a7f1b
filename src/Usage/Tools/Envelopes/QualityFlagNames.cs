namespace Apex.Usage.Tools.Envelopes;

/// <summary>Quality flags tools look for by name; importers set them.</summary>
internal static class QualityFlagNames
{
    public const string CostOutlier = "cost_outlier";
    public const string TokenSumMismatch = "token_sum_mismatch";
    public const string ExcludedFromMoney = "excluded_from_money";
    public const string DuplicateSource = "duplicate_source";
    public const string IdenticalRow = "identical_row";
    public const string TimeInvalid = "time_invalid";
    public const string ModelMissing = "model_missing";
    public const string ModelRedacted = "model_redacted";
    public const string ForeignCurrency = "foreign_currency";
    public const string NegativeCost = "negative_cost";
}
