using System.Text.Json.Serialization;

namespace Apex.Usage.Prices;

/// <summary>
/// The prices of one model key from a moment on: the exchange form of a <see cref="PriceBook"/>. Prices are US dollars per
/// token (per call for requests), list prices before any contract discount.
/// </summary>
public sealed record PriceRow
{
    /// <summary>Key as price maps write it, for instance <c>gpt-4o</c> or <c>openrouter/anthropic/claude-3.7-sonnet</c>.</summary>
    public required string Model { get; init; }

    public string? Provider { get; init; }

    public required DateTimeOffset EffectiveFrom { get; init; }

    /// <summary>True where the map stopped listing the key; the prices before it go on to hold, flagged as retired.</summary>
    public bool Removed { get; init; }

    public IReadOnlyDictionary<PriceField, decimal> Prices { get; init; } = new Dictionary<PriceField, decimal>();

    /// <summary>Most input tokens a call may hold; null when not told.</summary>
    public int? MaxInputTokens { get; init; }

    public int? MaxOutputTokens { get; init; }
    public DateOnly? DeprecatedOn { get; init; }

    /// <summary>What the model can do, by the words of <see cref="ModelAbilities"/>; null when not told.</summary>
    public IReadOnlyList<string>? Abilities { get; init; }

    /// <summary>Page or file the prices were read from.</summary>
    public string? Source { get; init; }

    /// <summary>True for rows shipped with the product; imported rows of the same key replace them from their first date on.</summary>
    public bool BuiltIn { get; init; }

    /// <summary>Names the row in usage events and evidence; unique within a book.</summary>
    [JsonIgnore]
    public string Id => $"{Model}@{EffectiveFrom.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";
}
