using Apex.Usage.Events;

namespace Apex.Usage.Tests.Tools;

/// <summary>spend_forecast and budget_burn over small logs whose answer can be worked out by hand.</summary>
public sealed class SpendToolsTests
{
    [Fact]
    public async Task An_even_spend_reaches_its_budget_on_the_day_arithmetic_says()
    {
        // $2 a day from 2 February to 15 March: 15 days of March are $30, day 25 reaches $50.
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 2, 2), 42, _ => 2));

        var answer = await log.RunAsync("budget_burn", """{"budget_usd": 50}""");

        Assert.Equal(30m, answer.Usd("/spent_usd"));
        Assert.Equal(62m, answer.Usd("/forecast_usd"));
        Assert.Equal(12m, answer.Usd("/over_by_usd"));
        Assert.Equal("2026-03-25", answer.Text("/exhausted_on"));
        Assert.Equal("2026-03-25", answer.Text("/earliest_on"));
        Assert.Equal("over_expected", answer.Text("/status"));
        Assert.Equal(1.0, answer.Number("/over_budget_chance"));
        Assert.Equal(1.24, answer.Number("/burn"));
        Assert.Equal(1.25m, answer.Usd("/daily_allowance_usd"));
        Assert.Equal(31, answer.At("/days").GetArrayLength());
    }

    [Fact]
    public async Task As_of_now_days_since_the_last_row_are_days_without_spend()
    {
        // $2 a day up to 15 March, asked on 21 March at noon: 20 whole days are gone, $30 is spent.
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 2, 2), 42, _ => 2), now: new DateTimeOffset(2026, 3, 21, 12, 0, 0, TimeSpan.Zero));

        var now = await log.RunAsync("budget_burn", """{"budget_usd": 40, "as_of": "now"}""");
        var then = await log.RunAsync("budget_burn", """{"budget_usd": 40}""");

        Assert.Equal((30m, 46.5m), (now.Usd("/spent_usd"), now.Usd("/pace_usd")));
        Assert.Equal(46.5 / 40, now.Number("/burn"), 2);
        Assert.Equal((30m, 62m), (then.Usd("/spent_usd"), then.Usd("/pace_usd")));
    }

    [Fact]
    public async Task In_a_month_without_rows_as_of_now_nothing_is_spent()
    {
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 2, 2), 42, _ => 2), now: new DateTimeOffset(2026, 5, 10, 0, 0, 0, TimeSpan.Zero));

        var answer = await log.RunAsync("budget_burn", """{"budget_usd": 40, "as_of": "now"}""");

        Assert.Equal(("2026-05-01", 0m, 0m), (answer.Text("/from"), answer.Usd("/spent_usd"), answer.Usd("/pace_usd")));
        Assert.Equal("within", answer.Text("/status"));
    }

    [Fact]
    public async Task A_budget_that_lasts_has_no_date_and_no_chance_of_going_over()
    {
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 2, 2), 42, _ => 2));

        var answer = await log.RunAsync("budget_burn", """{"budget_usd": 100}""");

        Assert.Equal("within", answer.Text("/status"));
        Assert.Null(answer.Text("/exhausted_on"));
        Assert.Equal(0.0, answer.Number("/over_budget_chance"));
    }

    [Fact]
    public async Task A_budget_already_gone_names_the_day_it_went()
    {
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 2, 2), 42, _ => 2));

        var answer = await log.RunAsync("budget_burn", """{"budget_usd": 9, "period": "month"}""");

        Assert.Equal("exhausted", answer.Text("/status"));
        Assert.Equal("2026-03-05", answer.Text("/exhausted_on"));
        Assert.Equal(0m, answer.Usd("/daily_allowance_usd"));
    }

    [Theory]
    [InlineData("week", "2026-03-09", "2026-03-15")]
    [InlineData("quarter", "2026-01-01", "2026-03-31")]
    [InlineData("year", "2026-01-01", "2026-12-31")]
    public async Task Periods_are_calendar_spans(string period, string from, string to)
    {
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 2, 2), 42, _ => 2));

        var answer = await log.RunAsync("budget_burn", $$"""{"budget_usd": 500, "period": "{{period}}"}""");

        Assert.Equal((from, to), (answer.Text("/from"), answer.Text("/to")));
    }

    [Fact]
    public async Task Without_a_budget_the_spend_is_told_and_the_budget_asked_for()
    {
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 2, 2), 42, _ => 2));

        var answer = await log.RunAsync("budget_burn");

        Assert.Equal(30m, answer.Usd("/spent_usd"));
        Assert.Contains("budget_usd", answer.Text("/refusal"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_month_is_what_was_spent_and_what_the_rest_will_cost()
    {
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 2, 2), 42, _ => 2));

        var answer = await log.RunAsync("spend_forecast", """{"horizon_days": 10}""");

        Assert.Equal("2026-03", answer.Text("/month_end/month"));
        Assert.Equal(30m, answer.Usd("/month_end/spent_usd"));
        Assert.Equal(62m, answer.Usd("/month_end/forecast_usd"));
        Assert.Equal(20m, answer.Usd("/horizon/forecast_usd"));
        Assert.Equal("2026-03-25", answer.Text("/horizon/to"));
        Assert.Equal(10, answer.At("/daily").GetArrayLength());
        Assert.Equal(new(62, 62), answer.Ci95!["/month_end/forecast_usd"]);
    }

    [Fact]
    public async Task Today_is_no_whole_day_while_the_log_goes_on()
    {
        var calls = Daily(new(2026, 2, 2), 42, day => day == 41 ? 0.1m : 2);
        await using var log = await ToolLog.WithAsync(calls, now: DateTimeOffset.Parse("2026-03-15T14:00Z"));

        var answer = await log.RunAsync("spend_forecast");

        Assert.Equal(28.1m, answer.Usd("/month_end/spent_usd"));
        Assert.Equal(62m, answer.Usd("/month_end/forecast_usd"));
        Assert.Contains(answer.Assumptions, told => told.Contains("2026-03-15 is not over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_price_change_starts_the_past_anew()
    {
        // o3 cost five times as much before 2025-06-10.
        await using var log = await ToolLog.WithAsync(Daily(new(2025, 4, 1), 130, _ => 2, "o3"));

        var answer = await log.RunAsync("spend_forecast", """{"horizon_days": 30}""");

        Assert.Contains(answer.Assumptions, told => told.Contains("2025-06-10", StringComparison.Ordinal));
        Assert.Equal(2m * 30, answer.Usd("/horizon/forecast_usd"));
        Assert.Equal(60, answer.Whole("/fit_days"));
    }

    [Fact]
    public async Task A_short_log_is_refused_with_what_it_would_take()
    {
        await using var log = await ToolLog.WithAsync(Daily(new(2026, 3, 1), 10, _ => 2));

        var answer = await log.RunAsync("spend_forecast");

        Assert.NotNull(answer.Text("/refusal"));
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("32 are needed", StringComparison.Ordinal));
    }

    /// <summary>One call a day with so much input that it costs the dollars asked for (o3 at its price after June 2025).</summary>
    private static IEnumerable<UsageEvent> Daily(DateOnly first, int days, Func<int, decimal> usd, string model = "o3") =>
        Enumerable.Range(0, days).Select(day => new UsageEvent
        {
            EventId = $"d{day}", Source = "test", SourceId = $"d{day}", RequestModel = model,
            StartedAt = new DateTimeOffset(first.AddDays(day), new TimeOnly(12, 0), TimeSpan.Zero),
            InUncached = (long)(usd(day) / 2 * 1_000_000),
        });
}
