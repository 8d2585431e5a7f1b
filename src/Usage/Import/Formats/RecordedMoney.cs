using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>The cost a source claimed. A negative one is no cost of a call and is left out.</summary>
internal readonly record struct RecordedMoney(NanoDollars? Amount, string? Currency, string? Flag)
{
    public const string UsDollars = "USD";

    /// <param name="currency">Null where the source knows US dollars only.</param>
    public static RecordedMoney From(NanoDollars? amount, string? currency)
    {
        if (amount is not { } money)
            return default;
        if (money < NanoDollars.Zero)
            return new RecordedMoney(null, null, QualityFlags.NegativeCost);

        var code = currency?.ToUpperInvariant() ?? UsDollars;
        return new RecordedMoney(money, code, code == UsDollars ? null : QualityFlags.ForeignCurrency);
    }
}
