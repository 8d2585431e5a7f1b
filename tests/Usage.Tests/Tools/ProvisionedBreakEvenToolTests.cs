using Apex.Usage.Tools.ProvisionedBreakEven;
using Apex.Usage.Tools.Replay;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class ProvisionedBreakEvenToolTests
{
    [Fact]
    public async Task Units_break_even_and_mix_are_what_can_be_worked_out_by_hand()
    {
        // An hour of 1,000 + 100 tokens a minute (output counts five times: 1,500), and 6,000 in the last minute.
        var even = Enumerable.Range(0, 59).Select(i => Call(i, i * 60));
        await using var log = await ToolLog.WithAsync([.. even, Call(99, 59 * 60, 4_000, 400)], M);

        var answer = await log.RunAsync("provisioned_break_even", """{"tokens_per_minute_per_unit": 500, "unit_usd_per_hour": 0.05}""");

        Assert.Equal(5, answer.Number("/output_weight"));
        Assert.Equal(60, answer.Whole("/minutes"));
        Assert.Equal(6_000, answer.Number("/peak_per_minute"));
        Assert.Equal(1_500, answer.Number("/p95_per_minute"));
        Assert.Equal(12, answer.Whole("/for_peak/units"));
        Assert.Equal(3, answer.Whole("/for_p95/units"));
        // 59 · $0.003 + $0.012 = $0.189 over 12 units for an hour.
        Assert.Equal(0.189m, answer.Usd("/payg_usd"));
        Assert.Equal(0.01575m, answer.Usd("/for_peak/break_even_usd_per_unit_hour"));
        // Three units cover 60 · 1,500 of 94,500: $0.18, so $0.06 each; at $0.05 they save $0.03.
        Assert.Equal(0.06m, answer.Usd("/for_p95/break_even_usd_per_unit_hour"));
        Assert.Equal(3, answer.Whole("/hybrid/units"));
        Assert.Equal(0.03m, answer.Usd("/hybrid/saving_usd"));
    }

    [Fact]
    public void Cheapest_mix_is_that_of_a_plain_search_and_lies_where_the_load_exceeds_it_by_the_price_ratio()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var loads = new MinuteLoads();
            var minutes = new double[600];
            for (var i = 0; i < minutes.Length; i++)
                if (random.Next(3) > 0)
                    loads.Add(Call(i, i * 60).StartedAt, minutes[i] = random.Next(1, 10_000));
            loads.Add(Call(0, 599 * 60).StartedAt, 1);
            minutes[599]++;
            var price = random.NextDouble() * 0.2;
            var sizing = new UnitSizing(loads, loads.Sum * 2e-6, 100, 1, 1);

            var (units, total) = sizing.Cheapest(price);

            var busyFrom = Array.FindIndex(minutes, load => load > 0);
            var hours = (600 - busyFrom) / 60.0;
            double Plain(int count) => (count * price * hours) + minutes.Sum(load => Math.Max(0, load - (count * 100)) * 2e-6);
            var best = Enumerable.Range(0, 101).Min(Plain);
            Assert.Equal(best, total, 1e-9);
            // One unit less leaves at least p / (60 · capacity · $ per token) of the minutes above it, one more at most.
            var ratio = price / (60 * 100 * 2e-6);
            if (units > 0)
                Assert.True(minutes.Count(load => load > (units - 1) * 100) / (hours * 60) >= ratio - 1e-9);
            Assert.True(minutes.Count(load => load > (units + 1) * 100) / (hours * 60) <= ratio + 1e-9);
        }
    }

    [Fact]
    public async Task Without_the_throughput_of_a_unit_it_asks_for_it()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0)], M);

        var answer = await log.RunAsync("provisioned_break_even");

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains("tokens_per_minute_per_unit", answer.Text("/reason"));
    }

    [Fact]
    public async Task Dear_units_are_not_bought()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 60).Select(i => Call(i, i * 60)), M);

        var answer = await log.RunAsync("provisioned_break_even", """{"tokens_per_minute_per_unit": 500, "unit_usd_per_hour": 9}""");

        Assert.Equal(0, answer.Whole("/hybrid/units"));
        Assert.Equal(0, answer.Usd("/hybrid/saving_usd"));
    }
}
