using Apex.Usage.Events;
using static Apex.Usage.Tests.Tools.LatencyProfileToolTests;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class TierShiftToolTests
{
    [Fact]
    public async Task Calls_that_may_wait_save_the_flex_discount_and_others_only_bound_it()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, 0) with { DeadlineSeconds = 900 }, Call(2, 1) with { BatchableHint = true },
            Call(3, 2) with { Stream = false },
            Call(4, 3) with { Stream = true, DeadlineSeconds = 60 },
            Call(5, 4) with { BatchableHint = true, ServiceTier = ServiceTier.Flex },
            Call(6, 5) with { BatchableHint = true, Status = CallStatus.Error },
        ], M);

        var answer = await log.RunAsync("tier_shift");

        // $0.003 a call; flex halves it.
        Assert.Equal(2, answer.Whole("/flex/0/requests"));
        Assert.Equal(0.003m, answer.Usd("/flex/0/saving_usd"));
        Assert.Equal(0.0015m, answer.Usd("/flex/0/not_streamed_saving_usd"));
        Assert.Equal(0.003m, answer.Usd("/saving_usd"));
    }

    [Theory]
    [InlineData(250, "meets", 0.3)]
    [InlineData(150, "misses", 0)]
    public async Task Priority_is_a_saving_only_where_the_standard_tier_keeps_the_limit(int limit, string verdict, double saving)
    {
        // First tokens after 1 to 200 ms without priority, after 20 with it.
        var standard = Enumerable.Range(1, 200).Select(i => Timed(i, i, 1_000, 100) with { Stream = true });
        var priority = Enumerable.Range(1, 100).Select(i => Timed(1_000 + i, 20, 1_000, 100) with { ServiceTier = ServiceTier.Priority });
        await using var log = await ToolLog.WithAsync(standard.Concat(priority), M);

        var answer = await log.RunAsync("tier_shift", $$"""{"slo_ttft_ms": {{limit}}}""");

        Assert.Equal(verdict, answer.Text("/priority/0/verdict"));
        Assert.Equal(190.05, answer.Number("/priority/0/p95_standard_ms"));
        // 100 calls at $0.006 in place of $0.003.
        Assert.Equal(0.3m, answer.Usd("/priority/0/saving_usd"));
        Assert.Equal((decimal)saving, answer.Usd("/saving_usd"));
    }

    [Fact]
    public async Task Without_a_limit_or_standard_calls_nobody_knows_whether_priority_is_needed()
    {
        await using var log = await ToolLog.WithAsync([Timed(1, 20, 1_000, 100) with { ServiceTier = ServiceTier.Priority }], M);

        var answer = await log.RunAsync("tier_shift");

        Assert.Equal("unknown", answer.Text("/priority/0/verdict"));
        Assert.Equal(0, answer.Usd("/saving_usd"));
    }

    [Fact]
    public async Task Models_without_a_flex_price_save_nothing()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0) with { BatchableHint = true }], Of(Row("m", 2, 10)));

        var answer = await log.RunAsync("tier_shift");

        Assert.False(answer.At("/flex/0/has_flex_price").GetBoolean());
        Assert.Equal(0, answer.Usd("/saving_usd"));
    }
}
