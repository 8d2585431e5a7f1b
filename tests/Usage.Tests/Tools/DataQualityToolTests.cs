using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

public sealed class DataQualityToolTests
{
    [Fact]
    public async Task Call_of_two_sources_and_a_call_logged_twice_are_told_apart()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, "2025-07-01T10:00:00Z", 500, 0.002m),
            Call(2, "2025-07-01T10:00:01Z", 500, 0.002m) with { Source = "sdk" },
            Call(3, "2025-07-01T11:00:00Z", 700, 0.004m),
            Call(4, "2025-07-01T11:00:00Z", 700, 0.004m),
            Call(5, "2025-07-01T11:00:00Z", 700, 0.005m),
            Call(6, "2025-07-01T12:00:00Z", 500, 0.002m),
        ]);

        var answer = await log.RunAsync("data_quality");

        Assert.Equal(1, Flag(answer, "duplicate_source"));
        Assert.Equal(1, Flag(answer, "same_call_again"));
        Assert.Equal(0.004m, answer.Where("/flags", "flag", "same_call_again").GetProperty("at_stake_usd").GetDecimal());
    }

    [Fact]
    public async Task Session_total_that_jumps_shows_what_is_missing_even_between_two_open_sessions()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Session(1, "2025-07-01T10:00:00Z", cost: 0.10m, total: 0.10m),
            Session(2, "2025-07-01T10:01:00Z", cost: 0.30m, total: 0.30m),
            Session(3, "2025-07-01T10:02:00Z", cost: 0.05m, total: 0.15m),
            Session(4, "2025-07-01T10:03:00Z", cost: 0.10m, total: 0.40m),
            Session(5, "2025-07-01T10:04:00Z", cost: 0.10m, total: 0.75m),
        ]);

        var answer = await log.RunAsync("data_quality");

        Assert.Equal(1, Flag(answer, "session_total_gap"));
        Assert.Equal(0.25m, answer.Usd("/unlogged_usd"));
    }

    [Fact]
    public async Task Prompt_longer_than_the_model_takes_is_named_with_its_limit()
    {
        await using var log = await ToolLog.WithAsync([Call(1, "2025-07-01T10:00:00Z", 913_414, 1.8m)]);

        var flag = (await log.RunAsync("data_quality")).Where("/flags", "flag", "input_over_limit");

        Assert.Contains("200,000", flag.GetProperty("examples")[0].GetProperty("note").GetString());
        Assert.Equal(1.8m, flag.GetProperty("at_stake_usd").GetDecimal());
    }

    [Fact]
    public async Task Gap_counts_when_longer_than_an_hour_and_three_times_the_median()
    {
        var starts = new[] { 0, 50, 100, 150, 200, 440, 490 };
        await using var log = await ToolLog.WithAsync(starts.Select((minute, i) =>
            Call(i, DateTimeOffset.Parse("2025-07-01Z", CultureInfo.InvariantCulture).AddMinutes(minute).ToString("O"), 100 + i, 0.1m)));

        var answer = await log.RunAsync("data_quality");

        Assert.Equal(3_000, answer.Number("/gaps/median_seconds"));
        Assert.Equal(2.5, answer.Number("/gaps/threshold_hours"));
        Assert.Equal(1, answer.Whole("/gaps/count"));
        Assert.Equal(4, answer.Number("/gaps/longest/0/hours"));
    }

    private static long Flag(ResultEnvelope answer, string name) => answer.Where("/flags", "flag", name).GetProperty("rows").GetInt64();

    private static UsageEvent Call(int id, string at, long input, decimal recorded) =>
        CostBreakdownToolTests.Call(id, "o3", at, input, 10, recorded);

    private static UsageEvent Session(int id, string at, decimal cost, decimal total) => Call(id, at, 100 + id, cost) with
    {
        Tags = new Dictionary<string, string> { ["session_total_cost_usd"] = total.ToString(CultureInfo.InvariantCulture) },
    };
}
