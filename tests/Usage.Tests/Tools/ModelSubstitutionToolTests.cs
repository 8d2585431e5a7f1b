using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class ModelSubstitutionToolTests
{
    private static readonly PriceBook Two = Of(
        Row("big", 10, 40, cached: 1, maxInput: 200_000) with { Abilities = ["tools", "vision", "reasoning"] },
        Row("small", 1, 4, maxInput: 50_000) with { Abilities = ["tools"] },
        Row("tiny", 0.1m, 0.4m, maxInput: 4_000) with { Abilities = ["tools"] });

    [Fact]
    public async Task Saving_is_the_same_tokens_at_the_other_models_prices_within_the_band()
    {
        // 100 calls of 10,000 in (half cached) and 1,000 out: 5,000·10 + 5,000·1 + 1,000·40 = $0.095 each on big;
        // small has no cache price, so 10,000·1 + 1,000·4 = $0.014.
        var calls = Enumerable.Range(0, 100).Select(i => Call(i, i * 60, 5_000, 1_000, "big") with { InCacheRead = 5_000, Feature = "chat" });
        await using var log = await ToolLog.WithAsync(calls, Two);

        var answer = await log.RunAsync("model_substitution", """{"candidates": [{"model": "small", "quality": 0.8}, {"model": "big", "quality": 0.81}]}""");

        Assert.Equal(9.5m, answer.Usd("/segments/0/cost_now_usd"));
        Assert.Equal(1.4m, answer.Usd("/segments/0/candidates/0/cost_usd"));
        Assert.Equal(8.1m, answer.Usd("/saving_usd"));
        Assert.Equal(9.5m - (1.4m * 1.15m), answer.Usd("/saving_low_usd"));
        Assert.Equal(9.5m - (1.4m * 0.85m), answer.Usd("/saving_high_usd"));
        Assert.Equal("small", answer.Text("/segments/0/suggested"));
        Assert.Equal("public_prior", answer.Text("/segments/0/candidates/0/quality/basis"));
        // R: 2 * 0.81 * 0.19 * (qnorm(0.95) + qnorm(0.8))^2 / 0.02^2 = 4757.5
        Assert.Equal(4_758, answer.Whole("/segments/0/candidates/0/shadow_test_per_arm"));
    }

    [Fact]
    public async Task Tokenizer_ratio_counts_on_all_tokens_and_verbosity_on_output()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0, 10_000, 1_000, "big")], Two);

        var answer = await log.RunAsync("model_substitution", """{"candidates": [{"model": "small", "tokenizer_ratio": 1.2, "verbosity": 1.5}]}""");

        // 1.2 · (10,000 · $1 + 1.5 · 1,000 · $4) per million.
        Assert.Equal(0.0192m, answer.Usd("/segments/0/candidates/0/cost_usd"));
    }

    [Fact]
    public async Task Candidates_that_cannot_do_the_work_are_rejected_with_the_reason()
    {
        await using var log = await ToolLog.WithAsync(
            Enumerable.Range(0, 10).Select(i => Call(i, i, 10_000, 10, "big") with { InImage = i == 0 ? 500 : 0 }), Two);

        var answer = await log.RunAsync("model_substitution", """{"candidates": [{"model": "small"}, {"model": "tiny"}, {"model": "unheard-of"}]}""");

        Assert.Contains("vision", answer.Where("/segments/0/rejected", "model", "small").GetProperty("reason").GetString());
        Assert.Contains("4,000 input tokens", answer.Where("/segments/0/rejected", "model", "tiny").GetProperty("reason").GetString());
        Assert.Equal("no known price", answer.Where("/segments/0/rejected", "model", "unheard-of").GetProperty("reason").GetString());
        Assert.False(answer.At("/answered").GetBoolean());
    }

    [Fact]
    public async Task Own_scores_come_before_a_public_prior_and_a_lower_one_is_no_suggestion()
    {
        var calls = Enumerable.Range(0, 80).Select(i => Call(i, i, 1_000, 100, i % 2 == 0 ? "big" : "small") with
        {
            Feature = "chat", QualityScore = i % 2 == 0 ? 0.9 : 0.6,
        });
        await using var log = await ToolLog.WithAsync(calls, Two);

        var answer = await log.RunAsync("model_substitution", """{"candidates": [{"model": "small", "quality": 0.99}, {"model": "big", "quality": 0.5}]}""");

        var big = answer.Where("/segments", "model", "big");
        Assert.Equal("own_evals", big.GetProperty("candidates")[0].GetProperty("quality").GetProperty("basis").GetString());
        Assert.Equal("loses", big.GetProperty("candidates")[0].GetProperty("verdict").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, big.GetProperty("suggested").ValueKind);
        Assert.Equal(0, answer.Usd("/saving_usd"));
    }

    [Fact]
    public async Task Without_any_quality_the_saving_is_an_indication_and_no_suggestion()
    {
        var calls = Enumerable.Range(0, 300).Select(i => Call(i, i * 3_600, 1_000, 100, i % 2 == 0 ? "big" : "small"));
        await using var log = await ToolLog.WithAsync(calls, Two);

        var answer = await log.RunAsync("model_substitution");

        Assert.Equal(Grade.D, answer.Grade);
        Assert.Equal("unknown", answer.Text("/segments/0/candidates/0/verdict"));
        Assert.True(answer.Usd("/segments/0/candidates/0/saving_usd") > 0);
        Assert.Equal(0, answer.Usd("/saving_usd"));
    }

    [Fact]
    public async Task Sums_per_length_and_tier_price_as_each_call_alone_does()
    {
        var random = new Random(3);
        var target = Row("long", 3, 15, cached: 0.3m, batch: 0.5m, maxInput: 1_000_000);
        var prices = target.Prices.Append(new(new PriceField(PriceTerm.Input, 200_000), 6e-6m)).Append(new(new PriceField(PriceTerm.Output, 200_000), 22e-6m));
        var book = Of(Row("m", 2, 10), target with { Prices = prices.ToDictionary() });
        var calls = Enumerable.Range(0, 500).Select(i => Call(i, i, random.Next(1, 400_000), random.Next(1, 5_000)) with
        {
            InCacheRead = random.Next(10_000), OutReasoning = random.Next(500), ServiceTier = random.Next(3) == 0 ? ServiceTier.Batch : ServiceTier.Standard,
        }).ToList();
        await using var log = await ToolLog.WithAsync(calls, book);

        var answer = await log.RunAsync("model_substitution", """{"candidates": [{"model": "long"}]}""");

        var alone = calls.Sum(call => book.Price(call with { RequestModel = "long" }).List!.Value.Dollars);
        Assert.Equal(alone, answer.Usd("/segments/0/candidates/0/cost_usd"), 6);
    }

    [Theory]
    [InlineData("""{"candidates": [{"quality": 1}]}""", "candidates")]
    [InlineData("""{"candidates": [{"model": "small", "verbosity": 99}]}""", "candidates")]
    [InlineData("""{"require": ["telepathy"]}""", "require")]
    public async Task Nonsense_is_refused_by_name(string arguments, string argument)
    {
        await using var log = await ToolLog.WithAsync([], Two);

        var refusal = await Assert.ThrowsAsync<ToolArgumentException>(() => log.RunAsync("model_substitution", arguments));

        Assert.Equal(argument, refusal.Argument);
    }
}
