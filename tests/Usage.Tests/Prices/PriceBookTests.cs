using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Prices;

public sealed class PriceBookTests
{
    [Fact]
    public void Price_in_force_at_the_start_of_the_call_holds()
    {
        var before = PriceBook.Builtin.Price(Call("o3", "2025-06-09T23:59:59Z", input: 1_000, output: 100));
        var after = PriceBook.Builtin.Price(Call("o3", "2025-06-10T00:00:00Z", input: 1_000, output: 100));

        Assert.Equal(0.014m, before.List!.Value.Dollars);
        Assert.Equal(0.0028m, after.List!.Value.Dollars);
        Assert.Equal("o3@2025-06-10T00:00:00Z", after.PriceRowId);
        Assert.Equal("exact", after.MatchRule);
    }

    [Fact]
    public void Call_older_than_the_first_row_takes_it_and_says_so()
    {
        var priced = PriceBook.Builtin.Price(Call("o3", "2024-01-01T00:00:00Z", input: 100));

        Assert.Equal(0.001m, priced.List!.Value.Dollars);
        Assert.Contains(PriceFlags.Backfilled, priced.Flags);
    }

    [Fact]
    public void Removed_model_keeps_its_last_price_and_says_so()
    {
        var book = PriceBook.Empty.With(
        [
            Row("m", "2025-01-01", ("input_cost_per_token", 0.000001m)),
            Row("m", "2025-02-01") with { Removed = true },
        ]);

        Assert.Empty(book.Price(Call("m", "2025-01-31T00:00:00Z", input: 10)).Flags);
        var retired = book.Price(Call("m", "2025-03-01T00:00:00Z", input: 10));
        Assert.Equal(0.00001m, retired.List!.Value.Dollars);
        Assert.Equal([PriceFlags.Retired], retired.Flags);
    }

    [Theory]
    [InlineData("gpt-4o", null, "exact")]
    [InlineData("openai/gpt-4o", null, "provider_prefix")]
    [InlineData("llama-3.3-70b-versatile", "groq", "provider_prefix")]
    [InlineData("openrouter/openai/gpt-4o", null, "last_segment")]
    [InlineData("gpt-4.1-mini-2025-04-14", null, "date_stripped")]
    [InlineData("vertex_ai/claude-opus-4-1@20250805", null, "date_stripped")]
    public void Names_are_matched_by_the_stated_rules(string model, string? provider, string rule)
    {
        var priced = PriceBook.Builtin.Price(Call(model, "2025-12-01T00:00:00Z", input: 10) with { Provider = provider });

        Assert.Equal(rule, priced.MatchRule);
        Assert.NotNull(priced.List);
    }

    [Theory]
    [InlineData("gpt-4o-super")]
    [InlineData("gpt")]
    [InlineData("gemini/REDACTED")]
    [InlineData("ollama/gpt-4o")]
    [InlineData("claude-sonnet")]
    public void A_price_is_never_guessed_across_families_or_for_local_models(string model)
    {
        var priced = PriceBook.Builtin.Price(Call(model, "2025-12-01T00:00:00Z", input: 10));

        Assert.Null(priced.List);
        Assert.Null(priced.PriceRowId);
        Assert.Equal([PriceFlags.Unpriced], priced.Flags);
    }

    [Fact]
    public void Call_above_a_long_context_threshold_is_priced_whole_at_that_tier()
    {
        var at = PriceBook.Builtin.Price(Call("gemini-2.5-pro", "2025-12-01T00:00:00Z", input: 200_000, output: 100));
        var above = PriceBook.Builtin.Price(Call("gemini-2.5-pro", "2025-12-01T00:00:00Z", input: 200_001, output: 100));

        Assert.Equal(200_000 * 0.00000125m + 100 * 0.00001m, at.List!.Value.Dollars);
        Assert.Equal(200_001 * 0.0000025m + 100 * 0.000015m, above.List!.Value.Dollars);
        Assert.Contains(PriceFlags.LongContext, above.Flags);
    }

    [Theory]
    [InlineData(128_000, 1)]
    [InlineData(128_001, 2)]
    [InlineData(256_001, 3)]
    [InlineData(512_001, 4)]
    public void Highest_threshold_passed_gives_the_tier(long input, int microDollars)
    {
        var book = PriceBook.Empty.With([Row("m", "2025-01-01",
            ("input_cost_per_token", 0.000001m), ("input_cost_per_token_above_128k_tokens", 0.000002m),
            ("input_cost_per_token_above_256k_tokens", 0.000003m), ("input_cost_per_token_above_512k_tokens", 0.000004m))]);

        Assert.Equal(input * microDollars * 1_000, book.Price(Call("m", "2025-02-01T00:00:00Z", input)).List!.Value.Value);
    }

    [Fact]
    public void Service_tiers_use_their_own_prices_and_assume_no_discount_without_one()
    {
        var call = Call("gpt-4o", "2025-12-01T00:00:00Z", input: 1_000, output: 100);

        Assert.Equal(0.0035m, PriceBook.Builtin.Price(call).List!.Value.Dollars);
        Assert.Equal(0.00175m, PriceBook.Builtin.Price(call with { ServiceTier = ServiceTier.Batch }).List!.Value.Dollars);
        Assert.Equal(0.00595m, PriceBook.Builtin.Price(call with { ServiceTier = ServiceTier.Priority }).List!.Value.Dollars);
        var flex = PriceBook.Builtin.Price(call with { ServiceTier = ServiceTier.Flex });
        Assert.Equal(0.0035m, flex.List!.Value.Dollars);
        Assert.Contains(PriceFlags.NoTierPrice, flex.Flags);
    }

    [Fact]
    public void Every_bucket_has_its_own_price()
    {
        var book = PriceBook.Empty.With([Row("m", "2025-01-01",
            ("input_cost_per_token", 1e-6m), ("cache_read_input_token_cost", 2e-6m), ("cache_creation_input_token_cost", 3e-6m),
            ("cache_creation_input_token_cost_above_1hr", 4e-6m), ("input_cost_per_audio_token", 5e-6m),
            ("input_cost_per_image_token", 6e-6m), ("output_cost_per_token", 7e-6m),
            ("output_cost_per_reasoning_token", 8e-6m), ("output_cost_per_audio_token", 9e-6m),
            ("input_cost_per_request", 0.01m))]);
        var call = Call("m", "2025-02-01T00:00:00Z", input: 1) with
        {
            InCacheRead = 10, InCacheWrite5m = 100, InCacheWrite1h = 1_000, InAudio = 10_000, InImage = 20_000,
            OutVisible = 30_000, OutReasoning = 40_000, OutAudio = 50_000,
        };

        var expected = 0.01m + (1 + 20 + 300 + 4_000 + 50_000 + 120_000 + 210_000 + 320_000 + 450_000) * 1e-6m;
        Assert.Equal(expected, book.Price(call).List!.Value.Dollars);
    }

    [Fact]
    public void Missing_cache_price_falls_back_to_input_and_is_flagged()
    {
        var book = PriceBook.Empty.With([Row("m", "2025-01-01", ("input_cost_per_token", 1e-6m), ("output_cost_per_token", 2e-6m))]);
        var priced = book.Price(Call("m", "2025-02-01T00:00:00Z", input: 0) with { InCacheRead = 500, OutReasoning = 10 });

        Assert.Equal(500e-6m + 20e-6m, priced.List!.Value.Dollars);
        Assert.Equal([PriceFlags.NoCachePrice], priced.Flags);
    }

    [Fact]
    public void Row_that_lacks_a_needed_price_leaves_the_call_unpriced_and_names_it()
    {
        var book = PriceBook.Empty.With([Row("m", "2025-01-01", ("input_cost_per_token", 1e-6m))]);

        var priced = book.Price(Call("m", "2025-02-01T00:00:00Z", input: 5, output: 5));

        Assert.Null(priced.List);
        Assert.Equal([PriceFlags.NoOutputPrice, PriceFlags.Unpriced], priced.Flags);
    }

    [Fact]
    public void Contract_discount_changes_effective_cost_alone()
    {
        var book = PriceBook.Builtin.WithDiscounts([new ContractDiscount("gpt-", 0.1m)]);
        var priced = book.Price(Call("gpt-4o", "2025-12-01T00:00:00Z", input: 1_000, output: 100));

        Assert.Equal(0.0035m, priced.List!.Value.Dollars);
        Assert.Equal(0.00315m, priced.Effective!.Value.Dollars);
        Assert.NotEqual(PriceBook.Builtin.Version, book.Version);
    }

    [Fact]
    public void Imported_rows_replace_built_in_ones_from_their_first_date_on()
    {
        var book = PriceBook.Builtin.With([Row("o3", "2025-06-01", ("input_cost_per_token", 7e-6m), ("output_cost_per_token", 7e-6m))]);

        Assert.Equal(0.00001m, book.Price(Call("o3", "2025-05-31T00:00:00Z", input: 1)).List!.Value.Dollars);
        Assert.Equal(0.000007m, book.Price(Call("o3", "2025-07-01T00:00:00Z", input: 1)).List!.Value.Dollars);
    }

    [Fact]
    public void Order_of_imports_does_not_matter_and_the_book_survives_its_exchange_form()
    {
        PriceRow[] history = [Row("o3", "2025-05-01", ("input_cost_per_token", 7e-6m)), Row("m", "2025-05-01", ("input_cost_per_token", 7e-6m))];
        PriceRow[] map = [Row("o3", "2026-07-24", ("input_cost_per_token", 1e-6m))];

        var one = PriceBook.Builtin.With(history).With(map);
        var other = PriceBook.Builtin.With(map).With(history);
        var reread = PriceBook.Empty.With(PriceRows.Deserialize(PriceRows.Serialize([.. one.Rows])));

        Assert.Equal(one.Version, other.Version);
        Assert.Equal(one.Version, reread.Version);
        Assert.StartsWith("2026-07-24-", one.Version);
        Assert.NotEqual(PriceBook.Builtin.Version, one.Version);
    }

    [Fact]
    public void A_books_version_is_another_when_limits_ends_or_abilities_of_a_model_are()
    {
        var row = Row("m", "2025-05-01", ("input_cost_per_token", 7e-6m));
        PriceRow[] variants =
        [
            row, row with { Abilities = [] }, row with { Abilities = ["vision"] }, row with { MaxInputTokens = 8_000 },
            row with { MaxOutputTokens = 8_000 }, row with { DeprecatedOn = new DateOnly(2026, 1, 1) }, row with { Provider = "openai" },
        ];

        var versions = variants.Select(variant => PriceBook.Empty.With([variant]).Version).ToList();

        Assert.Equal(versions.Count, versions.Distinct().Count());
        Assert.Equal(
            PriceBook.Empty.With([row with { Abilities = ["vision", "tools"] }]).Version,
            PriceBook.Empty.With([row with { Abilities = ["tools", "vision"] }]).Version);
    }

    [Fact]
    public void Look_up_tells_the_row_in_force_and_the_next_change()
    {
        var quote = PriceBook.Builtin.Find("openai/o3", DateTimeOffset.Parse("2025-05-01Z"))!;

        Assert.Equal("provider_prefix", quote.MatchRule);
        Assert.Equal(0.00001m, quote.Row.Prices[new PriceField(PriceTerm.Input)]);
        Assert.Equal(DateTimeOffset.Parse("2025-06-10Z"), quote.NextChangeAt);
        Assert.Null(PriceBook.Builtin.Find("nothing-like-it", DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void Every_row_a_key_ever_had_can_price_a_call()
    {
        var costs = PriceBook.Builtin.PriceByEveryRow(Call("o3", "2025-07-01T00:00:00Z", input: 1_000));

        Assert.Equal([0.01m, 0.002m], costs.Select(cost => cost.List!.Value.Dollars));
    }

    internal static UsageEvent Call(string? model, string at, long input = 0, long output = 0) => new()
    {
        EventId = "e", Source = "test", SourceId = "1", StartedAt = DateTimeOffset.Parse(at),
        RequestModel = model, InUncached = input, OutVisible = output,
    };

    internal static PriceRow Row(string model, string from, params (string Field, decimal Price)[] prices) => new()
    {
        Model = model,
        EffectiveFrom = DateTimeOffset.Parse(from + "Z"),
        Prices = prices.ToDictionary(
            price => PriceField.TryParse(price.Field, out var field) ? field : throw new ArgumentException(price.Field),
            price => price.Price),
    };
}
