namespace Apex.Usage.Events;

/// <summary>What <see cref="UsageEvent.QualityFlags"/> may hold: findings about a row that do not depend on prices.</summary>
public static class QualityFlags
{
    /// <summary>Input, output and total tokens do not add up under any reading of the source's cache buckets.</summary>
    public const string TokenSumMismatch = "token_sum_mismatch";

    /// <summary>It is unknown which tokens were cached, so the row is given no price and counts in no money total.</summary>
    public const string ExcludedFromMoney = "excluded_from_money";

    /// <summary>Another source recorded the same call; that row is the one to count.</summary>
    public const string DuplicateSource = "duplicate_source";

    /// <summary>The row sums up many calls, as vendors' usage reports and bills do.</summary>
    public const string SumOfCalls = "sum_of_calls";

    /// <summary>The file holds an earlier row that is equal in every column; both were kept.</summary>
    public const string IdenticalRow = "identical_row";

    /// <summary>End or first token was outside what is possible and was left out.</summary>
    public const string TimeInvalid = "time_invalid";

    /// <summary>The source names no model.</summary>
    public const string ModelMissing = "model_missing";

    /// <summary>The source names no model; the one the import was told was taken.</summary>
    public const string ModelAssumed = "model_assumed";

    /// <summary>The source hid the model's name.</summary>
    public const string ModelRedacted = "model_redacted";

    /// <summary>The recorded cost is in another currency than US dollars.</summary>
    public const string ForeignCurrency = "foreign_currency";

    /// <summary>The recorded cost was below zero and was left out.</summary>
    public const string NegativeCost = "negative_cost";
}
