using System.Globalization;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.FocusExport;

/// <summary>How the value of a column is written.</summary>
public enum FocusKind
{
    Text,
    Time,
    Number,
    Flag,
}

/// <param name="Of">A string, <see cref="DateTimeOffset"/>, decimal or bool; null where the format leaves it out.</param>
public sealed record FocusColumn(string Name, FocusKind Kind, Func<FocusRow, object?> Of);

/// <summary>
/// The columns of an export by FOCUS 1.2: the mandatory ones that usage of a model has, then <c>x_</c> columns for what the format
/// does not name. What is never known here (availability zone, commitment discounts, sub-account) is null, as the format allows.
/// </summary>
public static class FocusColumns
{
    private const string Tokens = "Tokens";
    private const string Requests = "Requests";

    private static readonly IReadOnlyList<FocusColumn> Fixed =
    [
        Text("AvailabilityZone", _ => null),
        Number("BilledCost", row => row.EffectiveUsd),
        Text("BillingAccountId", row => row.Provider ?? "unknown"),
        Text("BillingAccountName", row => row.Provider),
        Text("BillingCurrency", _ => "USD"),
        Time("BillingPeriodEnd", row => Month(row).AddMonths(1)),
        Time("BillingPeriodStart", Month),
        Text("ChargeCategory", _ => "Usage"),
        Text("ChargeClass", _ => null),
        Text("ChargeDescription", row => $"{row.Model} {row.TokenType.Replace('_', ' ')}, {row.ServiceTier}"),
        Text("ChargeFrequency", _ => "Usage-Based"),
        Time("ChargePeriodEnd", row => Day(row).AddDays(1)),
        Time("ChargePeriodStart", Day),
        Text("CommitmentDiscountId", _ => null),
        Number("ConsumedQuantity", row => (decimal)row.Quantity),
        Text("ConsumedUnit", Unit),
        Number("ContractedCost", row => row.EffectiveUsd),
        Number("ContractedUnitPrice", row => PerUnit(row.EffectiveUsd, row)),
        Number("EffectiveCost", row => row.EffectiveUsd),
        Text("InvoiceIssuerName", row => row.Provider ?? "unknown"),
        Number("ListCost", row => row.ListUsd),
        Number("ListUnitPrice", row => PerUnit(row.ListUsd, row)),
        Text("PricingCategory", row => row.ServiceTier == "provisioned" ? "Committed" : "Standard"),
        Text("PricingCurrency", _ => "USD"),
        Number("PricingQuantity", row => (decimal)row.Quantity),
        Text("PricingUnit", Unit),
        Text("ProviderName", row => row.Provider ?? "unknown"),
        Text("PublisherName", row => row.Provider ?? "unknown"),
        Text("RegionId", row => row.Region),
        Text("RegionName", row => row.Region),
        Text("ResourceId", row => row.Model.Length == 0 ? null : row.Model),
        Text("ResourceName", row => row.Model.Length == 0 ? null : row.Model),
        Text("ResourceType", _ => "Model"),
        Text("ServiceCategory", _ => "AI and Machine Learning"),
        Text("ServiceName", row => $"{row.Provider ?? "unknown"} models"),
        Text("ServiceSubcategory", _ => "Generative AI"),
        Text("SkuId", row => $"{row.Model}/{row.TokenType}/{row.ServiceTier}"),
        Text("SkuMeter", row => row.TokenType),
        Text("SkuPriceId", row => row.SkuPriceId is null ? null : $"{row.SkuPriceId}/{row.TokenType}/{row.ServiceTier}"),
        Text("SubAccountId", _ => null),
        Text("SubAccountName", _ => null),
        Text("x_Model", row => row.Model.Length == 0 ? null : row.Model),
        Text("x_TokenType", row => row.TokenType),
        Text("x_ServiceTier", row => row.ServiceTier),
        Number("x_Requests", row => (decimal)row.Requests),
        new("x_Priced", FocusKind.Flag, row => row.Priced),
    ];

    public static IReadOnlyList<FocusColumn> Of(IReadOnlyList<Dimension> dimensions)
    {
        ArgumentNullException.ThrowIfNull(dimensions);
        return [.. Fixed, .. dimensions.Select((dimension, index) => Text($"x_{dimension}", row => row.Dimensions[index]))];
    }

    /// <summary>ISO 8601 in UTC for times, a point for decimals, nothing for null.</summary>
    public static string Written(object? value) => value switch
    {
        null => "",
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        decimal number => number.ToString("0.##################", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        _ => (string)value,
    };

    private static FocusColumn Text(string name, Func<FocusRow, string?> of) => new(name, FocusKind.Text, of);

    private static FocusColumn Number(string name, Func<FocusRow, decimal?> of) => new(name, FocusKind.Number, row => of(row));

    private static FocusColumn Time(string name, Func<FocusRow, DateTimeOffset> of) => new(name, FocusKind.Time, row => of(row));

    private static string Unit(FocusRow row) => row.TokenType == "request_fee" ? Requests : Tokens;

    private static decimal? PerUnit(decimal usd, FocusRow row) =>
        row.Quantity == 0 || !row.Priced ? null : decimal.Round(usd / row.Quantity, 18);

    private static DateTimeOffset Day(FocusRow row) => new(row.Day, TimeOnly.MinValue, TimeSpan.Zero);

    private static DateTimeOffset Month(FocusRow row) => new(new DateOnly(row.Day.Year, row.Day.Month, 1), TimeOnly.MinValue, TimeSpan.Zero);
}
