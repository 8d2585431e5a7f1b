using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Apex.Usage.Events;

namespace Apex.Usage.Prices;

/// <summary>
/// Dated list prices by model key. Immutable and safe for concurrent use; a change makes a new book with a new
/// <see cref="Version"/>.
/// </summary>
public sealed class PriceBook
{
    private const int MaxRememberedNames = 8_192;

    /// <summary>A power of two.</summary>
    private const int RecentPlaces = 256;

    private static readonly Lazy<PriceBook> LazyBuiltin = new(() => new PriceBook([], []).With(BuiltinPrices.Read()));

    private readonly Dictionary<string, PriceTimeline> _timelines;
    private readonly IReadOnlyList<ContractDiscount> _discounts;
    private readonly ConcurrentDictionary<(string Model, string? Provider), KeyMatch?> _matches = new();

    /// <summary>
    /// Names asked for lately, known by their very string: a scan hands out one string for all rows of a model, and replays ask for
    /// each row. Whoever writes a place last keeps it; every place is right whoever that was.
    /// </summary>
    private readonly RecentMatch?[] _recent = new RecentMatch?[RecentPlaces];

    private PriceBook(Dictionary<string, PriceTimeline> timelines, IReadOnlyList<ContractDiscount> discounts)
    {
        _timelines = timelines;
        _discounts = discounts;
        Rows = timelines.Values.OrderBy(timeline => timeline.Key, StringComparer.Ordinal)
            .SelectMany(timeline => timeline.AllRows).ToList();
        Version = PriceBookVersion.Of(Rows, discounts);
    }

    /// <summary>A book without prices: everything is unpriced.</summary>
    public static PriceBook Empty { get; } = new([], []);

    /// <summary>The prices shipped with the product, with the vendors' price pages as sources.</summary>
    public static PriceBook Builtin => LazyBuiltin.Value;

    /// <summary>Content hash with the date of the newest row; stored in every result envelope.</summary>
    public string Version { get; }

    /// <summary>Every row by key and date: <see cref="With"/> over an empty book makes an equal one.</summary>
    public IReadOnlyList<PriceRow> Rows { get; }

    /// <summary>In order: the first that fits a call holds.</summary>
    public IReadOnlyList<ContractDiscount> Discounts => _discounts;

    public int ModelCount => _timelines.Count;

    /// <summary>
    /// Adds rows. Rows of the same key and moment are joined, the given ones winning; imported rows replace built-in ones of
    /// their key from their first date on, because the organisation's own word counts.
    /// </summary>
    public PriceBook With(IEnumerable<PriceRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var timelines = new Dictionary<string, PriceTimeline>(_timelines, StringComparer.Ordinal);
        foreach (var group in rows.GroupBy(row => row.Model, StringComparer.Ordinal))
        {
            var known = timelines.TryGetValue(group.Key, out var timeline) ? timeline.AllRows : [];
            timelines[group.Key] = PriceTimeline.Of(group.Key, [.. known, .. group]);
        }

        return new PriceBook(timelines, _discounts);
    }

    /// <summary>The same prices under these contract discounts, in place of any before; the first that fits a call holds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A share is not within 0 to 1.</exception>
    public PriceBook WithDiscounts(IReadOnlyList<ContractDiscount> discounts)
    {
        ArgumentNullException.ThrowIfNull(discounts);
        foreach (var discount in discounts)
            if (discount.Share is < 0 or > 1)
                throw new ArgumentOutOfRangeException(nameof(discounts), discount.Share, "A discount is a share from 0 to 1.");
        return new PriceBook(_timelines, [.. discounts]);
    }

    /// <summary>Prices one call by the rules of docs/analytics.md; never guesses across model families.</summary>
    public PricedCall Price(UsageEvent call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return Price(call, call.ServiceTier, BucketTokens.Of(call));
    }

    /// <summary>Prices the call as if it had been sent at another tier or held other tokens; nothing is copied for it.</summary>
    internal PricedCall Price(UsageEvent call, ServiceTier tier, BucketTokens tokens)
    {
        if (Match(call.Model, call.Provider) is not { } match)
            return Unpriced([PriceFlags.Unpriced]);

        var flags = new List<string>();
        var entry = match.Timeline.At(call.StartedAt, flags);
        return Cost(call.StartedAt, tier, tokens, match, entry, flags);
    }

    /// <summary>Prices the call by every row its key ever had, oldest first; empty when no key matches.</summary>
    public IReadOnlyList<PricedCall> PriceByEveryRow(UsageEvent call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return Match(call.Model, call.Provider) is { } match
            ? match.Timeline.Entries.Select(entry => Cost(call.StartedAt, call.ServiceTier, BucketTokens.Of(call), match, entry, [])).ToList()
            : [];
    }

    /// <summary>The row in force for a model; null when no key matches.</summary>
    public PriceQuote? Find(string model, DateTimeOffset at, string? provider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        if (Match(model, provider) is not { } match)
            return null;
        var flags = new List<string>();
        var entry = match.Timeline.At(at, flags);
        return new PriceQuote(entry.Row, match.Rule, flags, match.Timeline.NextChangeAfter(at));
    }

    /// <summary>
    /// The prices of one token each that hold for the call; null when its model has no price for input, or the row counts in no money total.
    /// </summary>
    public UnitPrices? Units(UsageEvent call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.QualityFlags.Contains(QualityFlags.ExcludedFromMoney) || Match(call.Model, call.Provider) is not { } match)
            return null;
        var entry = match.Timeline.At(call.StartedAt, null);
        return entry.Table.Rates(call.ServiceTier, call.InputTotal).Units?.Less(DiscountShare(match.Timeline.Key, call.StartedAt));
    }

    /// <summary>Most input tokens of the row in force for the call; null when it tells none, or no key matches.</summary>
    internal int? MaxInputTokens(UsageEvent call) => Match(call.Model, call.Provider)?.Timeline.At(call.StartedAt, null).Row.MaxInputTokens;

    /// <summary>What is known of a model beside its prices; null when no key matches.</summary>
    public ModelFacts? Facts(string model, string? provider = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        if (Match(model, provider)?.Timeline is not { } timeline)
            return null;
        return new ModelFacts(timeline.Key, Newest(row => row.Provider), Newest(row => row.MaxInputTokens), Newest(row => row.Abilities));

        TFact? Newest<TFact>(Func<PriceRow, TFact?> fact) => timeline.AllRows.Select(fact).LastOrDefault(known => known is not null);
    }

    /// <summary>The arithmetic <see cref="Price(UsageEvent)"/> would use and the discount on it, for replays that price a call many times; null when no key matches.</summary>
    internal (PriceTable Table, decimal Discount)? TableFor(string? model, string? provider, DateTimeOffset at)
    {
        if (Match(model, provider) is not { } match)
            return null;
        return (match.Timeline.At(at, null).Table, DiscountShare(match.Timeline.Key, at));
    }

    private PricedCall Cost(DateTimeOffset at, ServiceTier tier, in BucketTokens tokens, KeyMatch match, PriceEntry entry, List<string> flags)
    {
        if (entry.Table.Rates(tier, tokens.InputTotal).Cost(tokens, flags) is not { } list)
        {
            flags.Add(PriceFlags.Unpriced);
            return Unpriced(flags);
        }

        // A price map can hold nonsense (dollars per thousand tokens, say); a sum beyond any real bill is no price.
        if (Math.Abs(list) >= long.MaxValue / NanoDollars.PerDollar)
            return Unpriced([.. flags, PriceFlags.Unpriced]);

        var effective = list * (1 - DiscountShare(match.Timeline.Key, at));
        return new PricedCall(
            NanoDollars.FromDollars(list), NanoDollars.FromDollars(effective), entry.Row.Id, match.Rule, flags);
    }

    private static PricedCall Unpriced(IReadOnlyList<string> flags) => new(null, null, null, null, flags);

    private decimal DiscountShare(string key, DateTimeOffset at)
    {
        foreach (var discount in _discounts)
            if (key.StartsWith(discount.ModelPrefix, StringComparison.Ordinal)
                && (discount.From is null || at >= discount.From) && (discount.To is null || at < discount.To))
                return discount.Share;
        return 0;
    }

    private KeyMatch? Match(string? model, string? provider)
    {
        if (string.IsNullOrEmpty(model))
            return null;
        ref var place = ref _recent[RuntimeHelpers.GetHashCode(model) & (RecentPlaces - 1)];
        if (place is { } recent && ReferenceEquals(recent.Model, model) && ReferenceEquals(recent.Provider, provider))
            return recent.Match;
        var match = Remembered(model, provider);
        place = new RecentMatch(model, provider, match);
        return match;
    }

    private KeyMatch? Remembered(string model, string? provider)
    {
        if (_matches.TryGetValue((model, provider), out var known))
            return known;

        var match = Search(model, provider);
        // Names come from users' logs; a log with endless names must not fill the memory.
        if (_matches.Count < MaxRememberedNames)
            _matches.TryAdd((model, provider), match);
        return match;
    }

    private KeyMatch? Search(string model, string? provider)
    {
        foreach (var (key, rule) in ModelKeys.Candidates(model, provider))
            if (_timelines.TryGetValue(key, out var timeline) && timeline.Entries.Count > 0)
                return new KeyMatch(timeline, rule);
        return null;
    }

    private sealed record KeyMatch(PriceTimeline Timeline, string Rule);

    private sealed record RecentMatch(string Model, string? Provider, KeyMatch? Match);
}

/// <summary>What a call costs by the book. All fields but <see cref="Flags"/> are null when no price row matches.</summary>
/// <param name="MatchRule">How the model key was found: exact, provider_prefix, last_segment, date_stripped.</param>
/// <param name="Flags">See <see cref="PriceFlags"/>.</param>
public sealed record PricedCall(
    NanoDollars? List, NanoDollars? Effective, string? PriceRowId, string? MatchRule, IReadOnlyList<string> Flags);
