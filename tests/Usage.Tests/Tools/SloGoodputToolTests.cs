using Apex.Usage.Events;
using Apex.Usage.Tools.Statistics;
using static Apex.Usage.Tests.Tools.LatencyProfileToolTests;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class SloGoodputToolTests
{
    [Fact]
    public async Task A_good_call_meets_every_limit_and_a_bad_one_has_one_fault()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Timed(1, 500, 1_500, 101), Timed(2, 500, 1_500, 101),
            // Late and slow: it counts as late.
            Timed(3, 900, 90_000, 101),
            Timed(4, 500, 5_500, 101),
            // One token of output: nothing to be slow in.
            Timed(5, 500, 500, 1),
            Timed(6, 500, 1_500, 101) with { Status = CallStatus.Timeout, CostRecorded = NanoDollars.Zero },
            Timed(7, null, 1_500, 101),
        ], M);

        var answer = await log.RunAsync("slo_goodput", """{"slo_ttft_ms": 800, "slo_tpot_ms": 20}""");

        Assert.Equal(6, answer.Whole("/total/judged_requests"));
        Assert.Equal(3, answer.Whole("/total/good_requests"));
        Assert.Equal(1, answer.Whole("/total/slow_first_token"));
        Assert.Equal(1, answer.Whole("/total/slow_output"));
        Assert.Equal(1, answer.Whole("/total/failed_requests"));
        Assert.Equal(1, answer.Whole("/total/not_judged"));
        // Four calls of 1,000 and 101 tokens, one of 1,000 and 1, the failed one booked at nothing: $0.01405 over three good ones.
        Assert.Equal(decimal.Round(((4 * 0.00301m) + 0.00201m) / 3, 9), answer.Usd("/total/cost_per_good_usd"));
        Assert.Equal(2 * 0.00301m, answer.Usd("/total/bad_usd"));
        Assert.Equal(Proportion.Wilson(3, 6), answer.Ci95!["/total/good_share"]);
    }

    [Fact]
    public async Task Limit_on_the_whole_time_judges_calls_that_were_not_streamed()
    {
        await using var log = await ToolLog.WithAsync([Timed(1, null, 900, 10), Timed(2, null, 1_100, 10), Call(3, 9)], M);

        var answer = await log.RunAsync("slo_goodput", """{"slo_e2e_ms": 1000}""");

        Assert.Equal(2, answer.Whole("/total/judged_requests"));
        Assert.Equal(1, answer.Whole("/total/slow_whole"));
        Assert.Equal(1, answer.Whole("/total/not_judged"));
    }

    [Fact]
    public async Task Log_without_times_is_refused_with_what_to_log()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0), Call(2, 1) with { Status = CallStatus.Error }], M);

        var answer = await log.RunAsync("slo_goodput");

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains("ts_first_token", answer.Text("/reason"));
    }

    [Fact]
    public async Task Goodput_never_falls_when_a_limit_is_loosened()
    {
        var random = new Random(5);
        await using var log = await ToolLog.WithAsync(
            Enumerable.Range(0, 500).Select(i => Timed(i, random.Next(2_000), 2_000 + random.Next(9_000), 1 + random.Next(300))), M);
        long before = 0;
        foreach (var limit in new[] { 100, 500, 1_000, 2_000 })
        {
            var good = (await log.RunAsync("slo_goodput", $$"""{"slo_ttft_ms": {{limit}}, "slo_tpot_ms": {{limit / 10}}}""")).Whole("/total/good_requests");
            Assert.True(good >= before, $"{good} after {before}");
            before = good;
        }
    }
}
