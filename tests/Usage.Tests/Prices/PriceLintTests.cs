using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Prices;

public sealed class PriceLintTests
{
    private static readonly DateOnly Today = new(2026, 6, 1);

    [Theory]
    [InlineData(PriceTerm.CacheRead, ServiceTier.Standard, 0.1, false)]
    [InlineData(PriceTerm.CacheRead, ServiceTier.Standard, 0.9, true)]
    [InlineData(PriceTerm.CacheRead, ServiceTier.Standard, 0.004, true)]
    [InlineData(PriceTerm.CacheWrite5m, ServiceTier.Standard, 1.25, false)]
    [InlineData(PriceTerm.CacheWrite5m, ServiceTier.Standard, 0.5, true)]
    [InlineData(PriceTerm.CacheWrite1h, ServiceTier.Standard, 2, false)]
    [InlineData(PriceTerm.CacheWrite1h, ServiceTier.Standard, 1.25, true)]
    [InlineData(PriceTerm.Input, ServiceTier.Batch, 0.5, false)]
    [InlineData(PriceTerm.Input, ServiceTier.Batch, 1, true)]
    [InlineData(PriceTerm.Input, ServiceTier.Priority, 2, false)]
    [InlineData(PriceTerm.Input, ServiceTier.Priority, 1, true)]
    public void A_price_outside_its_band_to_the_plain_input_is_found(PriceTerm term, ServiceTier tier, double ratio, bool found)
    {
        var row = Row("m", 2026, (new PriceField(PriceTerm.Input), 2m), (new PriceField(term, 0, tier), 2m * (decimal)ratio));

        var findings = PriceLint.Check([row], Today);

        Assert.Equal(found, findings.Count == 1);
        Assert.All(findings, finding => Assert.Equal((PriceFinding.Ratio, new PriceField(term, 0, tier)), (finding.Rule, finding.Field)));
    }

    [Fact]
    public void A_change_of_more_than_half_is_found_with_both_prices()
    {
        var finding = Assert.Single(PriceLint.Check(
            [
                Row("m", 2026, (new PriceField(PriceTerm.Output), 1m)), Row("m", 2024, (new PriceField(PriceTerm.Output), 10m)),
                Row("m", 2025, (new PriceField(PriceTerm.Output), 6m)), Row("other", 2026, (new PriceField(PriceTerm.Output), 99m)),
            ], Today));

        Assert.Equal((PriceFinding.PriceJump, "m", 2026), (finding.Rule, finding.Model, finding.From.Year));
        Assert.Contains("from 6 to 1 dollars per million", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-08-30", "ends on 2026-08-30")]
    [InlineData("2026-08-31", null)]
    [InlineData("2026-05-01", "ended on 2026-05-01")]
    public void A_model_that_ends_within_ninety_days_is_found(string day, string? told)
    {
        var row = Row("m", 2025, (new PriceField(PriceTerm.Input), 1m)) with { DeprecatedOn = DateOnly.Parse(day) };

        Assert.Equal(told is null ? [] : [$"m {told}."], PriceLint.Check([row], Today).Select(finding => finding.Message));
    }

    [Fact]
    public void The_prices_shipped_with_the_product_have_ratios_within_their_bands() =>
        Assert.DoesNotContain(PriceLint.Check(PriceBook.Builtin.Rows, Today), finding => finding.Rule == PriceFinding.Ratio);

    [Fact]
    public void A_price_of_ones_own_comes_back_as_it_was_said()
    {
        var own = new OwnPrice { Model = "house", Input = 0.5m, Output = 2m, CacheRead = 0.05m, BatchInput = 0.25m, Request = 0.01m, MaxInputTokens = 8_000 };

        Assert.Equal(own, OwnPrice.Of(own.ToRow()));
        Assert.Null(own.Problem());
    }

    private static PriceRow Row(string model, int year, params (PriceField Field, decimal PerMillion)[] prices) => new()
    {
        Model = model,
        EffectiveFrom = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Prices = prices.ToDictionary(price => price.Field, price => price.PerMillion / 1_000_000m),
    };
}
