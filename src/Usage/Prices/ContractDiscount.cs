namespace Apex.Usage.Prices;

/// <summary>A negotiated discount on list prices, from <paramref name="From"/> on and before <paramref name="To"/>.</summary>
/// <param name="ModelPrefix">Price keys it holds for, by their beginning; empty: all.</param>
/// <param name="Share">Part of the list price taken off, 0 to 1.</param>
public sealed record ContractDiscount(string ModelPrefix, decimal Share, DateTimeOffset? From = null, DateTimeOffset? To = null)
{
    private const int MaxPrefixCharacters = 200;

    /// <summary>What is wrong with it, in a sentence; null when it can be used.</summary>
    public string? Problem() =>
        ModelPrefix is null || ModelPrefix.Length > MaxPrefixCharacters ? $"model_prefix has more than {MaxPrefixCharacters} characters, or is null."
        : Share is < 0 or > 1 ? FormattableString.Invariant($"share is {Share}; it needs 0 to 1, for instance 0.2 for a fifth off.")
        : From >= To ? "A discount ends before it begins."
        : null;
}
