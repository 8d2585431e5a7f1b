using System.Text.Json;
using System.Text.Json.Serialization;

namespace Apex.Usage.Prices;

/// <summary>Price rows as JSON: what a server keeps of the prices it was given.</summary>
public static class PriceRows
{
    /// <summary>UTF-8 JSON, an array of rows.</summary>
    public static byte[] Serialize(IReadOnlyList<PriceRow> rows) =>
        JsonSerializer.SerializeToUtf8Bytes(rows, PriceJson.Default.IReadOnlyListPriceRow);

    /// <exception cref="JsonException">Not what <see cref="Serialize"/> wrote.</exception>
    public static IReadOnlyList<PriceRow> Deserialize(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, PriceJson.Default.IReadOnlyListPriceRow)
        ?? throw new JsonException("A list of price rows is expected, not null.");
}

/// <summary>Source-generated JSON of prices, snake_case.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<PriceRow>))]
[JsonSerializable(typeof(PriceQuote))]
[JsonSerializable(typeof(PricedCall))]
[JsonSerializable(typeof(PriceImport))]
[JsonSerializable(typeof(OwnPrice))]
[JsonSerializable(typeof(IReadOnlyList<OwnPrice>))]
[JsonSerializable(typeof(IReadOnlyList<ContractDiscount>))]
public sealed partial class PriceJson : JsonSerializerContext;
