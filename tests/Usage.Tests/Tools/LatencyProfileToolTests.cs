using Apex.Usage.Events;
using Apex.Usage.Tools;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class LatencyProfileToolTests
{
    [Fact]
    public async Task Percentiles_of_all_four_times_and_their_intervals_are_exact()
    {
        // Call i takes i ms to its first token and 10 · i ms more for 101 tokens.
        await using var log = await ToolLog.WithAsync(Enumerable.Range(1, 1_000).Select(i => Timed(i, i, 11 * i, 101)), M);

        var answer = await log.RunAsync("latency_profile");

        Assert.Equal(1_000, answer.Whole("/groups/0/requests"));
        Assert.Equal(500.5, answer.Number("/groups/0/first_token/percentiles/0/value"));
        Assert.Equal(5_505.5, answer.Number("/groups/0/duration/percentiles/0/value"));
        Assert.Equal(50.05, answer.Number("/groups/0/per_output_token/percentiles/0/value"));
        Assert.Equal(950.05, answer.Number("/groups/0/first_token/percentiles/2/value"));
        // R: qbinom(c(0.025, 0.975), 1000, 0.5) + c(0, 1) = 469, 532.
        Assert.Equal(new Interval(469, 532), answer.Ci95!["/groups/0/first_token/percentiles/0/value"]);
        Assert.Equal("null", answer.At("/groups/0/attainment").GetRawText());
    }

    [Fact]
    public async Task Share_within_the_limits_counts_calls_that_meet_all_of_them()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(1, 1_000).Select(i => Timed(i, i, 11 * i, 101)), M);

        var answer = await log.RunAsync("latency_profile", """{"slo_ttft_ms": 800, "slo_tpot_ms": 60, "slo_e2e_ms": 5500}""");

        Assert.Equal(0.8, answer.Number("/groups/0/attainment/first_token_share"));
        Assert.Equal(0.6, answer.Number("/groups/0/attainment/per_output_token_share"));
        Assert.Equal(0.5, answer.Number("/groups/0/attainment/duration_share"));
        Assert.Equal(0.5, answer.Number("/groups/0/attainment/all_share"));
    }

    [Fact]
    public async Task Calls_that_were_not_streamed_have_no_first_token_and_failed_ones_do_not_count()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Timed(1, null, 100, 10), Timed(2, null, 300, 1),
            Timed(3, null, 5, 0) with { Status = CallStatus.Error },
        ], M);

        var answer = await log.RunAsync("latency_profile");

        Assert.Equal(2, answer.Whole("/groups/0/requests"));
        Assert.Equal(200, answer.Number("/groups/0/duration/percentiles/0/value"));
        Assert.Equal("null", answer.At("/groups/0/first_token").GetRawText());
        Assert.Equal(1, answer.RowsExcludedByReason["not_successful"]);
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("first token"));
    }

    [Fact]
    public async Task Log_without_times_is_refused_with_what_to_log()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0)], M);

        var answer = await log.RunAsync("latency_profile");

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains("ts_end", answer.Text("/reason"));
    }

    [Fact]
    public async Task Groups_without_a_key_are_profiled_too()
    {
        await using var log = await ToolLog.WithAsync([Timed(1, 1, 100, 10) with { Feature = "a" }, Timed(2, 1, 300, 10)], M);

        var answer = await log.RunAsync("latency_profile", """{"group_by": ["feature"]}""");

        Assert.Equal(300, answer.Where("/groups", "keys", "feature", null).GetProperty("duration").GetProperty("mean").GetDouble());
        Assert.Equal(100, answer.Where("/groups", "keys", "feature", "a").GetProperty("duration").GetProperty("mean").GetDouble());
    }

    internal static UsageEvent Timed(int id, double? firstTokenMs, double endMs, long output)
    {
        var call = Call(id, id, output: output);
        return call with
        {
            FirstTokenAt = firstTokenMs is { } first ? call.StartedAt.AddMilliseconds(first) : null,
            EndedAt = call.StartedAt.AddMilliseconds(endMs),
        };
    }
}
