using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools;
using Apex.Usage.Tools.ProviderCompare;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class ProviderCompareToolTests(AiderLog aider) : IClassFixture<AiderLog>
{
    private static readonly PriceBook Sellers = Of(
        Row("m-1.5", 2, 10, batch: 0.5m, provider: "maker"), Row("cloud/m-1-5", 1, 20, provider: "cloud", maxInput: 500), Row("other", 1, 1));

    [Theory]
    [InlineData("gpt-4o-2024-08-06", "gpt-4o")]
    [InlineData("azure/eu/gpt-4o-2024-08-06", "gpt-4o")]
    [InlineData("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet")]
    [InlineData("openrouter/anthropic/claude-3.5-sonnet", "claude-3-5-sonnet")]
    [InlineData("vertex_ai/claude-3-5-sonnet@20240620", "claude-3-5-sonnet")]
    [InlineData("gpt-4o-mini", "gpt-4o-mini")]
    [InlineData("openrouter/deepseek/deepseek-r1:free", "deepseek-r1:free")]
    public void Sellers_regions_dates_and_revisions_leave_the_name_and_nothing_else_does(string model, string family) =>
        Assert.Equal(family, ModelFamily.Of(model));

    [Fact]
    public async Task All_tokens_of_a_model_are_priced_at_every_seller_and_tier()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, 0, model: "m-1.5") with { Provider = "maker", Region = "eu" },
            Call(2, 1, model: "m-1.5") with { Provider = "maker", Region = "us", Status = CallStatus.Error },
            Call(3, 2, model: "cloud/m-1-5") with { Provider = "cloud", ServiceTier = ServiceTier.Flex },
            Call(4, 3, model: "other"),
        ], Sellers);

        var answer = await log.RunAsync("provider_compare");

        // 3 calls of 1,000 and 100 tokens: $0.003 each at both sellers, $0.0015 in the maker's batch.
        Assert.Equal(1, answer.At("/families").GetArrayLength());
        Assert.Equal(1, answer.Whole("/families_alone"));
        Assert.Equal("m-1-5", answer.Text("/families/0/family"));
        Assert.Equal(0.009m, answer.Usd("/families/0/cost_now_usd"));
        Assert.Equal("batch", answer.Text("/families/0/offers/0/service_tier"));
        Assert.Equal(0.0045m, answer.Usd("/families/0/offers/0/effective_usd"));
        Assert.Equal(0.0045m, answer.Usd("/families/0/offers/0/saving_usd"));
        var us = answer.Where("/families/0/offers", "region", "us");
        Assert.Equal(1, us.GetProperty("observed").GetProperty("error_share").GetDouble());
        Assert.Equal(0.003m, us.GetProperty("observed").GetProperty("cost_usd").GetDecimal());
        var flex = answer.Where("/families/0/offers", "service_tier", "flex");
        Assert.False(flex.GetProperty("has_tier_price").GetBoolean());
        Assert.False(flex.GetProperty("takes_longest").GetBoolean());
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("smaller window", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Contract_discounts_lower_the_effective_cost_and_not_the_list()
    {
        var prices = Sellers.WithDiscounts([new ContractDiscount("m-1.5", 0.25m)]);
        await using var log = await ToolLog.WithAsync([Call(1, 0, model: "m-1.5") with { Provider = "maker" }], prices);

        var answer = await log.RunAsync("provider_compare");

        var used = answer.At("/families/0/offers").EnumerateArray().Single(offer => offer.GetProperty("observed").ValueKind == System.Text.Json.JsonValueKind.Object);
        Assert.Equal(0.003m, used.GetProperty("list_usd").GetDecimal());
        Assert.Equal(0.00225m, used.GetProperty("effective_usd").GetDecimal());
        Assert.Equal(0, used.GetProperty("saving_usd").GetDecimal());
    }

    [Fact]
    public async Task Times_are_those_of_successful_calls()
    {
        var good = Enumerable.Range(1, 100).Select(i => LatencyProfileToolTests.Timed(i, i, 1_000 + i, 100));
        var bad = Enumerable.Range(101, 100).Select(i => LatencyProfileToolTests.Timed(i, 90_000, 99_000, 0) with { Status = CallStatus.Timeout });
        await using var log = await ToolLog.WithAsync(good.Concat(bad), M);

        var answer = await log.RunAsync("provider_compare");

        var standard = answer.Where("/families/0/offers", "service_tier", "standard").GetProperty("observed");
        Assert.Equal(0.5, standard.GetProperty("error_share").GetDouble());
        Assert.Equal(50.5, standard.GetProperty("first_token_p50_ms").GetDouble());
        Assert.Equal(1_095.05, standard.GetProperty("duration_p95_ms").GetDouble());
    }

    [Fact]
    public async Task Models_sold_in_one_place_alone_are_not_compared()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0, model: "other")], Sellers);

        var answer = await log.RunAsync("provider_compare");

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains("second provider", answer.Text("/reason"));
        Assert.Equal(Grade.D, answer.Grade);
    }

    [Fact]
    public async Task Offers_of_a_real_log_cost_what_pricing_each_of_its_calls_there_costs()
    {
        var answer = await aider.RunAsync("provider_compare", """{"limit": 3}""");

        var at = answer.At("/priced_at").GetDateTimeOffset();
        var calls = new List<UsageEvent>();
        await foreach (var call in aider.Log.Log.ReadAsync(new Apex.Usage.Query.UsageScan { Tenant = ToolLog.Tenant }, CancellationToken.None))
            calls.Add(call);
        foreach (var family in answer.At("/families").EnumerateArray())
        {
            var own = calls.Where(call => call.Model is { } model && ModelFamily.Of(model) == family.GetProperty("family").GetString()).ToList();
            Assert.Equal(own.Count, family.GetProperty("requests").GetInt32());
            foreach (var offer in family.GetProperty("offers").EnumerateArray().Where(offer => offer.GetProperty("observed").ValueKind != System.Text.Json.JsonValueKind.Object))
            {
                Assert.True(SnakeCaseTier(offer.GetProperty("service_tier").GetString(), out var tier));
                var cost = own.Sum(call => aider.Log.Prices.Price(call with
                {
                    StartedAt = at, RequestModel = offer.GetProperty("model").GetString(), ResponseModel = null,
                    Provider = offer.GetProperty("provider").GetString(), ServiceTier = tier,
                }).Effective!.Value.Dollars); // Offers of the price list have a price.
                Assert.Equal((double)cost, offer.GetProperty("effective_usd").GetDouble(), 1e-5);
            }
        }
    }

    private static bool SnakeCaseTier(string? name, out ServiceTier tier) => Enum.TryParse(name, ignoreCase: true, out tier);
}
