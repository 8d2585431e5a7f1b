using Apex.Usage.Prices;

namespace Apex.Usage.Tools.DeprecationExposure;

/// <summary>Tokens of one model, to be priced on another.</summary>
internal readonly record struct TokenSums(long Input, long CacheRead, long CacheWrite5m, long CacheWrite1h, long Output, long Reasoning)
{
    public bool IsEmpty => Input + CacheRead + CacheWrite5m + CacheWrite1h + Output + Reasoning == 0;
}

/// <summary>
/// Models that could follow one that ends: same vendor, listed today, no known end within the span, at least as long a context; those
/// with the likest price first, then those with the likest name. A list to look at, not a judgement of quality: that is T26's.
/// </summary>
internal sealed class Heirs
{
    private const int Most = 3;

    private readonly List<PriceRow> _listed;

    public Heirs(PriceBook prices, DateOnly endsAfter, DateTimeOffset now) => _listed = prices.Rows
        .GroupBy(row => row.Model, StringComparer.Ordinal)
        .Select(group => group.Where(row => row.EffectiveFrom <= now).MaxBy(row => row.EffectiveFrom))
        .OfType<PriceRow>()
        .Where(row => !row.Removed && row.Provider is not null && (row.DeprecatedOn is not { } day || day > endsAfter)
            && Price(row, PriceTerm.Input) > 0 && Price(row, PriceTerm.Output) > 0)
        .ToList();

    public IReadOnlyList<Heir> Of(PriceRow ending, TokenSums tokens)
    {
        if (Price(ending, PriceTerm.Input) is not ({ } input and > 0) || Price(ending, PriceTerm.Output) is not ({ } output and > 0))
            return [];
        return _listed
            .Where(row => row.Model != ending.Model && row.Provider == ending.Provider
                && Path(row.Model) == Path(ending.Model) && Alike(row.Model, ending.Model) > 0
                && (ending.MaxInputTokens is not { } needed || row.MaxInputTokens is not { } has || has >= needed))
            .OrderBy(row => Math.Round(Distance(Price(row, PriceTerm.Input) ?? input, input) + Distance(Price(row, PriceTerm.Output) ?? output, output), 1))
            .ThenByDescending(row => Alike(row.Model, ending.Model))
            .ThenByDescending(row => row.EffectiveFrom).ThenBy(row => row.Model, StringComparer.Ordinal)
            .Take(Most)
            .Select(row => new Heir(
                row.Model, tokens.IsEmpty ? null : decimal.Round(Cost(row, tokens), 9), (Price(row, PriceTerm.Input) ?? 0) * 1_000_000,
                (Price(row, PriceTerm.Output) ?? 0) * 1_000_000))
            .ToList();
    }

    /// <summary>Leading parts that two names share: gpt-4o-2024-05-13 and gpt-4o-mini share two.</summary>
    internal static int Alike(string left, string right)
    {
        var (lefts, rights) = (Parts(left), Parts(right));
        var shared = 0;
        while (shared < lefts.Length && shared < rights.Length && string.Equals(lefts[shared], rights[shared], StringComparison.OrdinalIgnoreCase))
            shared++;
        return shared;
    }

    private static decimal Cost(PriceRow row, TokenSums tokens)
    {
        var input = Price(row, PriceTerm.Input) ?? 0;
        var output = Price(row, PriceTerm.Output) ?? 0;
        return (tokens.Input * input) + (tokens.CacheRead * (Price(row, PriceTerm.CacheRead) ?? input))
            + (tokens.CacheWrite5m * (Price(row, PriceTerm.CacheWrite5m) ?? input))
            + (tokens.CacheWrite1h * (Price(row, PriceTerm.CacheWrite1h) ?? input))
            + (tokens.Output * output) + (tokens.Reasoning * (Price(row, PriceTerm.OutputReasoning) ?? output));
    }

    private static decimal? Price(PriceRow row, PriceTerm term) =>
        row.Prices.TryGetValue(new PriceField(term), out var price) ? price : null;

    private static double Distance(decimal left, decimal right) => Math.Abs(Math.Log((double)left / (double)right));

    /// <summary>What stands before the last slash: a model of one route is not followed by one of another.</summary>
    private static string Path(string model) => model[..(model.LastIndexOf('/') + 1)];

    private static string[] Parts(string model) => model[(model.LastIndexOf('/') + 1)..].Split('-', '@', ':', '_');
}
