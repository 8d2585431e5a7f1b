using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.DataQuality;

/// <summary>Which part of a flagged row's money is in doubt.</summary>
internal enum Stake
{
    None,

    /// <summary>Recorded less listed cost.</summary>
    Excess,

    /// <summary>The whole recorded cost, or the listed one where none was recorded.</summary>
    Whole,
}

/// <summary>What each flag means to a reader.</summary>
internal sealed record FlagMeaning(string Severity, Stake Stake, string Text)
{
    public const string NoOutput = "no_output";
    public const string OverLimit = "input_over_limit";
    public const string SameCallAgain = "same_call_again";
    public const string SessionGap = "session_total_gap";

    private static readonly Dictionary<string, FlagMeaning> Known = new(StringComparer.Ordinal)
    {
        [EventPricing.CostOutlier] = new("error", Stake.Excess, "The recorded cost is over three times, or under a third of, the listed one, and more than a cent apart."),
        [QualityFlags.TokenSumMismatch] = new("error", Stake.Whole, "Input, output and total tokens do not add up under any reading."),
        [QualityFlags.ExcludedFromMoney] = new("error", Stake.Whole, "It is unknown which tokens were cached, so the row has no price."),
        [QualityFlags.DuplicateSource] = new("error", Stake.Whole, "Another source recorded the same call: counted twice."),
        [QualityFlags.SumOfCalls] = new("info", Stake.None, "The row sums up many calls, as vendors' reports do: it counts as one request."),
        [QualityFlags.IdenticalRow] = new("warning", Stake.Whole, "An earlier row of the file is equal in every column: a repeat, or a call logged twice."),
        [QualityFlags.TimeInvalid] = new("warning", Stake.None, "End or first token was outside what is possible and was left out."),
        [QualityFlags.ModelMissing] = new("warning", Stake.Whole, "The source names no model, so nothing can be priced."),
        [QualityFlags.ModelAssumed] = new("warning", Stake.None, "The source names no model: the one the import was told is taken, and every cost rests on that."),
        [QualityFlags.ModelRedacted] = new("warning", Stake.Whole, "The model's name is hidden, so nothing can be priced."),
        [QualityFlags.ForeignCurrency] = new("warning", Stake.Whole, "The recorded cost is in another currency than US dollars."),
        [QualityFlags.NegativeCost] = new("error", Stake.None, "The recorded cost was below zero and was left out."),
        [PriceFlags.Unpriced] = new("warning", Stake.Whole, "No price is known for the model: its cost by the price book is unknown, not zero."),
        [PriceFlags.Backfilled] = new("info", Stake.None, "Older than the first known price of the model; that first price is used."),
        [PriceFlags.Retired] = new("info", Stake.None, "The price list no longer carried the model; its last price is used."),
        [PriceFlags.NoCachePrice] = new("info", Stake.None, "No price for cached input is known; the plain input price is used."),
        [PriceFlags.NoTierPrice] = new("info", Stake.None, "No price for the service tier is known; the standard price is used."),
        [PriceFlags.LongContext] = new("info", Stake.None, "The whole call is priced at a long-context tier."),
        [NoOutput] = new("info", Stake.Whole, "Input was billed but no output came: a failed, cut or refused call."),
        [OverLimit] = new("warning", Stake.Whole, "More input tokens than the model takes: the vendor refuses such a call, so its cost was likely never billed."),
        [SameCallAgain] = new("warning", Stake.Whole, "Same second, user, model, tokens and cost as an earlier row: parallel repeats, or a call logged twice."),
        [SessionGap] = new("warning", Stake.None, "The session's running total rose by more than the row's cost: calls before it are missing from the log."),
    };

    public static FlagMeaning Of(string flag) =>
        Known.GetValueOrDefault(flag) ?? new FlagMeaning("info", Stake.None, "Set while importing.");
}
