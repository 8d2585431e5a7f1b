using Apex.Testing;
using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Tools;

/// <summary>price_lint and deprecation_exposure over price lists with known faults.</summary>
public sealed class PriceToolsTests
{
    private static readonly DateTimeOffset Spring = DateTimeOffset.Parse("2026-03-01Z");

    [Fact]
    public async Task Each_fault_of_a_price_list_is_found_with_the_money_that_rests_on_it()
    {
        var prices = PriceBook.Empty.With(
        [
            Row("odd-cache", Spring.AddDays(-60), (PriceTerm.Input, 2), (PriceTerm.CacheRead, 1.9m)),
            Row("jumpy", Spring.AddDays(-60), (PriceTerm.Input, 1)),
            Row("jumpy", Spring.AddDays(-5), (PriceTerm.Input, 3)),
            Row("ends", Spring.AddDays(-60), (PriceTerm.Input, 1)) with { DeprecatedOn = new(2026, 8, 1) },
            Row("fine", Spring.AddDays(-60), (PriceTerm.Input, 2), (PriceTerm.CacheRead, 0.2m)),
            Row("unused", Spring.AddDays(-60), (PriceTerm.Input, 2), (PriceTerm.CacheRead, 0.001m)),
        ]);
        await using var log = await ToolLog.WithAsync(
            [Call(1, "odd-cache"), Call(2, "jumpy"), Call(3, "ends"), Call(4, "fine"), Call(5, "who-knows")], prices);

        var answer = await log.RunAsync("price_lint");
        var all = await log.RunAsync("price_lint", """{"scope": "all"}""");

        Assert.Equal(
            ["jumpy jump", "odd-cache ratio", "ends deprecation", "who-knows unmatched"],
            answer.At("/findings").EnumerateArray().Select(each => $"{each.GetProperty("model")} {each.GetProperty("kind")}"));
        Assert.Equal(3m, answer.Usd("/findings/0/cost_usd"));
        Assert.Equal(1m, answer.Usd("/findings/0/reference_per_million_usd"));
        Assert.Equal(1.9m, answer.Usd("/findings/1/per_million_usd"));
        Assert.Equal(6m, answer.Usd("/touched_usd"));
        Assert.Equal(5, all.Whole("/finding_count"));
    }

    [Fact]
    public async Task A_clean_list_has_no_findings()
    {
        var prices = PriceBook.Empty.With([Row("fine", Spring.AddDays(-60), (PriceTerm.Input, 2), (PriceTerm.CacheRead, 0.2m), (PriceTerm.CacheWrite5m, 2.5m))]);
        await using var log = await ToolLog.WithAsync([Call(1, "fine")], prices);

        var answer = await log.RunAsync("price_lint");

        Assert.Equal(0, answer.Whole("/finding_count"));
        Assert.Equal(1, answer.Whole("/keys_checked"));
    }

    [Fact]
    public async Task A_model_that_ends_is_told_with_its_spend_features_and_heirs()
    {
        var prices = PriceBook.Empty.With(
        [
            Row("gpt-4o-2024-05-13", Spring.AddDays(-60), (PriceTerm.Input, 5), (PriceTerm.Output, 15)) with { DeprecatedOn = new(2026, 10, 1) },
            Row("gpt-4o", Spring.AddDays(-60), (PriceTerm.Input, 2.5m), (PriceTerm.Output, 10)),
            Row("gpt-5", Spring.AddDays(-60), (PriceTerm.Input, 1.25m), (PriceTerm.Output, 10)),
            Row("gpt-4-old", Spring.AddDays(-60), (PriceTerm.Input, 30), (PriceTerm.Output, 60)) with { DeprecatedOn = new(2026, 5, 1) },
            Row("claude", Spring.AddDays(-60), (PriceTerm.Input, 3), (PriceTerm.Output, 15)) with { Provider = "anthropic" },
            Row("dropped", Spring.AddDays(-60), (PriceTerm.Input, 1), (PriceTerm.Output, 1)),
            new PriceRow { Model = "dropped", EffectiveFrom = Spring.AddDays(30), Removed = true },
        ]);
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, "gpt-4o-2024-05-13") with { Feature = "chat" }, Call(2, "gpt-4o-2024-05-13") with { Feature = "search" },
            Call(3, "gpt-4o-2024-05-13") with { Feature = "chat" }, Call(4, "dropped"), Call(5, "gpt-5"), Call(6, "claude"),
        ], prices);

        var answer = await log.RunAsync("deprecation_exposure");
        var near = await log.RunAsync("deprecation_exposure", """{"within_days": 30}""");

        Assert.Equal(["gpt-4o-2024-05-13", "dropped"], answer.At("/models").EnumerateArray().Select(each => each.GetProperty("model").GetString()));
        Assert.Equal("2026-10-01", answer.Text("/models/0/ends_on"));
        Assert.Equal(92, answer.Whole("/models/0/days_left"));
        Assert.Equal(15m, answer.Usd("/models/0/cost_usd"));
        Assert.Equal(15m, answer.Usd("/models/0/per_month_usd"));
        Assert.Equal("chat", answer.Text("/models/0/features/0/feature"));
        Assert.Equal(10m, answer.Usd("/models/0/features/0/cost_usd"));
        Assert.Equal("gpt-4o", answer.Text("/models/0/heirs/0/model"));
        Assert.Equal(7.5m, answer.Usd("/models/0/heirs/0/per_month_usd"));
        Assert.DoesNotContain(answer.At("/models/0/heirs").EnumerateArray(), heir => heir.GetProperty("model").GetString() is "claude" or "gpt-4-old");
        Assert.Equal("removed", answer.Text("/models/1/reason"));
        Assert.Equal(16m, answer.Usd("/exposed_usd"));
        Assert.Equal(1, near.At("/models").GetArrayLength());
    }

    [Fact]
    public async Task The_public_price_history_knows_which_models_are_gone()
    {
        var import = await Tests.Prices.PriceImporterTests.ImportFileAsync(SharedData.PriceHistory);
        var book = PriceBook.Builtin.With(import.Rows);
        var gone = import.Rows.Where(row => row.Removed).Select(row => row.Model).First(model => book.Find(model, DateTimeOffset.Parse("2026-07-01Z"))
            is { } quote && quote.Flags.Contains(PriceFlags.Retired) && quote.Row.Model == model && quote.Row.DeprecatedOn is null);
        await using var log = await ToolLog.WithAsync([Call(1, gone)], book);

        var answer = await log.RunAsync("deprecation_exposure");

        Assert.Equal(gone, answer.Text("/models/0/price_key"));
        Assert.Equal("removed", answer.Text("/models/0/reason"));
    }

    private static PriceRow Row(string model, DateTimeOffset from, params (PriceTerm Term, decimal PerMillion)[] prices) => new()
    {
        Model = model, Provider = "openai", EffectiveFrom = from,
        Prices = prices.ToDictionary(price => new PriceField(price.Term), price => price.PerMillion / 1_000_000),
    };

    /// <summary>A million input tokens.</summary>
    private static UsageEvent Call(int number, string model) => new()
    {
        EventId = $"e{number}", Source = "test", SourceId = $"{number}", StartedAt = Spring.AddMinutes(number), RequestModel = model,
        InUncached = 1_000_000,
    };
}
