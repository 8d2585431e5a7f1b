namespace Apex.Usage.Prices;

/// <summary>
/// The price of a model of one's own, or one's own word for a vendor's: US dollars per million tokens, and per call.
/// </summary>
public sealed record OwnPrice
{
    /// <summary>What <see cref="PriceRow.Source"/> says of such rows.</summary>
    public const string Source = "own";

    private const decimal PerMillion = 1_000_000m;
    private const int MaxNameCharacters = 200;

    /// <summary>Exactly as calls name it.</summary>
    public required string Model { get; init; }

    public string? Provider { get; init; }

    /// <summary>Null: from ever.</summary>
    public DateTimeOffset? From { get; init; }

    public decimal? Input { get; init; }
    public decimal? CacheRead { get; init; }
    public decimal? CacheWrite { get; init; }

    /// <summary>Of a cache that lasts an hour.</summary>
    public decimal? CacheWrite1h { get; init; }

    public decimal? Output { get; init; }
    public decimal? Reasoning { get; init; }
    public decimal? BatchInput { get; init; }
    public decimal? BatchOutput { get; init; }

    /// <summary>US dollars per call.</summary>
    public decimal? Request { get; init; }

    public int? MaxInputTokens { get; init; }

    /// <summary>What is wrong with it, in a sentence; null when it can be used.</summary>
    public string? Problem()
    {
        if (string.IsNullOrWhiteSpace(Model) || Model.Length > MaxNameCharacters)
            return $"model needs 1 to {MaxNameCharacters} characters.";
        if (MaxInputTokens is <= 0)
            return $"max_input_tokens is {MaxInputTokens}; it needs to be above 0.";

        foreach (var (field, price) in Told())
        {
            var most = field.Term == PriceTerm.Request ? PriceRejections.MaxUsdPerRequest : PriceRejections.MaxUsdPerToken * PerMillion;
            if (price < 0 || price > most)
                return FormattableString.Invariant($"{field} is {price}; it needs 0 to {most} dollars.");
        }

        return Told().Any() ? null : "No price is given; input and output at least are worth having.";
    }

    public PriceRow ToRow() => new()
    {
        Model = Model,
        Provider = Provider,
        EffectiveFrom = From?.ToUniversalTime() ?? DateTimeOffset.UnixEpoch,
        Prices = Told().ToDictionary(told => told.Field, told => told.Field.Term == PriceTerm.Request ? told.Price : told.Price / PerMillion),
        MaxInputTokens = MaxInputTokens,
        Source = Source,
    };

    public static OwnPrice Of(PriceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new OwnPrice
        {
            Model = row.Model,
            Provider = row.Provider,
            From = row.EffectiveFrom == DateTimeOffset.UnixEpoch ? null : row.EffectiveFrom,
            Input = Price(PriceTerm.Input),
            CacheRead = Price(PriceTerm.CacheRead),
            CacheWrite = Price(PriceTerm.CacheWrite5m),
            CacheWrite1h = Price(PriceTerm.CacheWrite1h),
            Output = Price(PriceTerm.Output),
            Reasoning = Price(PriceTerm.OutputReasoning),
            BatchInput = Price(PriceTerm.Input, Events.ServiceTier.Batch),
            BatchOutput = Price(PriceTerm.Output, Events.ServiceTier.Batch),
            Request = row.Prices.TryGetValue(new PriceField(PriceTerm.Request), out var perCall) ? perCall : null,
            MaxInputTokens = row.MaxInputTokens,
        };

        decimal? Price(PriceTerm term, Events.ServiceTier tier = Events.ServiceTier.Standard) =>
            row.Prices.TryGetValue(new PriceField(term, 0, tier), out var perToken) ? perToken * PerMillion : null;
    }

    private IEnumerable<(PriceField Field, decimal Price)> Told()
    {
        (PriceField Field, decimal? Price)[] all =
        [
            (new(PriceTerm.Input), Input), (new(PriceTerm.CacheRead), CacheRead), (new(PriceTerm.CacheWrite5m), CacheWrite),
            (new(PriceTerm.CacheWrite1h), CacheWrite1h), (new(PriceTerm.Output), Output), (new(PriceTerm.OutputReasoning), Reasoning),
            (new(PriceTerm.Input, 0, Events.ServiceTier.Batch), BatchInput),
            (new(PriceTerm.Output, 0, Events.ServiceTier.Batch), BatchOutput), (new(PriceTerm.Request), Request),
        ];
        foreach (var (field, price) in all)
        {
            if (price is { } told)
                yield return (field, told);
        }
    }
}
