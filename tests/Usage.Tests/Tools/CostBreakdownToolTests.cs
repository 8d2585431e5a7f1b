using Apex.Usage.Events;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

public sealed class CostBreakdownToolTests
{
    [Fact]
    public async Task Groups_by_model_and_month_in_one_table_with_totals_of_each()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, "o3", "2025-05-30T10:00:00Z", 1_000_000, 0),
            Call(2, "o3", "2025-06-30T10:00:00Z", 1_000_000, 0),
            Call(3, "gpt-4o", "2025-06-30T11:00:00Z", 0, 1_000_000),
            Call(4, "who-knows", "2025-06-30T12:00:00Z", 5, 5, recorded: 0.5m),
        ]);

        var answer = await log.RunAsync("cost_breakdown", """{"group_by": ["model", "month"]}""");

        Assert.Equal(22m, answer.Usd("/totals/cost_usd"));
        Assert.Equal(0.5m, answer.Usd("/totals/unpriced_recorded_usd"));
        Assert.Equal("2025-05", answer.Text("/rows/0/keys/month"));
        Assert.Equal(10m, answer.Usd("/rows/0/cost_usd"));
        Assert.Equal("gpt-4o", answer.Text("/rows/1/keys/model"));
        Assert.Equal(2m, answer.Usd("/rows/2/cost_usd"));
        Assert.Equal(12m, answer.Usd("/marginals/0/rows/0/cost_usd"));
        Assert.Equal(1, answer.Whole("/rows/3/unpriced_requests"));
        Assert.Equal(0.75, answer.PricedShare);
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("unknown, not zero"));
    }

    [Fact]
    public async Task Outliers_are_set_apart_so_that_the_recorded_sum_can_be_believed()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, "o3", "2025-07-01T10:00:00Z", 1_000, 0, recorded: 0.002m),
            Call(2, "o3", "2025-07-01T11:00:00Z", 1_000, 0, recorded: 900m),
        ]);

        var answer = await log.RunAsync("cost_breakdown");

        Assert.Equal(900.002m, answer.Usd("/totals/recorded_usd"));
        Assert.Equal(899.998m, answer.Usd("/totals/outlier_excess_usd"));
        Assert.Equal(0.004m, answer.Usd("/totals/corrected_recorded_usd"));
        Assert.Equal(["e2"], answer.Evidence.SampleEventIds);
    }

    [Theory]
    [InlineData("""{"grup_by": []}""", "grup_by")]
    [InlineData("""{"group_by": ["colour"]}""", "group_by")]
    [InlineData("""{"limit": 0}""", "limit")]
    [InlineData("""{"limit": "ten"}""", "limit")]
    [InlineData("""{"window": "next_week"}""", "window")]
    [InlineData("""{"window": {"from": "2025-01-02", "to": "2025-01-01"}}""", "window")]
    [InlineData("""{"filters": [{"dimension": "model", "operator": "equal", "values": []}]}""", "filters")]
    [InlineData("[]", "")]
    public async Task Bad_arguments_are_refused_by_name_and_value(string arguments, string argument)
    {
        await using var log = await ToolLog.WithAsync([]);

        var refusal = await Assert.ThrowsAsync<ToolArgumentException>(() => log.RunAsync("cost_breakdown", arguments));

        Assert.Equal(argument, refusal.Argument);
        Assert.NotEmpty(refusal.Message);
    }

    [Fact]
    public async Task Relative_window_of_an_ended_log_counts_from_its_last_row_and_says_so()
    {
        await using var log = await ToolLog.WithAsync(
            [Call(1, "o3", "2025-03-01T10:00:00Z", 1_000, 0), Call(2, "o3", "2025-04-15T10:00:00Z", 1_000, 0)]);

        var answer = await log.RunAsync("cost_breakdown", """{"window": "last_30_days"}""");

        Assert.Equal(1, answer.RowsIn);
        Assert.Equal(DateTimeOffset.Parse("2025-03-17Z"), answer.Window!.Value.From);
        Assert.Equal(DateTimeOffset.Parse("2025-04-16Z"), answer.Window!.Value.To);
        Assert.Contains(answer.Assumptions, assumption => assumption.Contains("2025-04-15"));
    }

    [Fact]
    public async Task Empty_log_answers_zero_and_says_why()
    {
        await using var log = await ToolLog.WithAsync([]);

        var answer = await log.RunAsync("cost_breakdown");

        Assert.Equal(0, answer.Usd("/totals/cost_usd"));
        Assert.Contains("The usage log is empty.", answer.Caveats);
    }

    internal static UsageEvent Call(
        int id, string? model, string at, long input, long output, decimal? recorded = null, string? user = "u1") => new()
    {
        EventId = $"e{id}", Source = "test", SourceId = $"{id}", StartedAt = DateTimeOffset.Parse(at), RequestModel = model,
        InUncached = input, OutVisible = output, UserId = user,
        CostRecorded = recorded is { } usd ? NanoDollars.FromDollars(usd) : null,
    };
}
