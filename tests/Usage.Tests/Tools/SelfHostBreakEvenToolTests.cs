using Apex.Usage.Tools;
using Apex.Usage.Tools.Replay;
using Apex.Usage.Tools.SelfHostBreakEven;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class SelfHostBreakEvenToolTests(AiderLog aider) : IClassFixture<AiderLog>
{
    private const string Hosting =
        """{"tokens_per_second_per_gpu": 5, "gpu_usd_per_hour": 0.02, "staff_usd_per_month": 7.305, "throughput_source": "our bench"}""";

    [Fact]
    public async Task Fleet_cost_and_crossing_are_what_can_be_worked_out_by_hand()
    {
        // An hour of 1,100 tokens a minute at $0.003, and 4,400 at $0.012 in the last minute.
        await using var log = await ToolLog.WithAsync([.. Enumerable.Range(0, 59).Select(i => Call(i, i * 60)), Call(99, 59 * 60, 4_000, 400)], M);

        var answer = await log.RunAsync("self_host_break_even", Hosting);

        Assert.Equal(18.333, answer.Number("/needed_p95_per_second"));
        Assert.Equal(73.333, answer.Number("/needed_peak_per_second"));
        Assert.Equal(0.189m, answer.Usd("/by_use_usd"));
        Assert.Equal(2.727273m, answer.At("/by_use_usd_per_million").GetDecimal());
        Assert.Equal(2.037, answer.Number("/needed_per_gpu_per_second"));
        // 300 tokens a minute each: four take all but 3,200 of 69,300 tokens, for $0.08 and an hour of $7.305 / 730.5 for people.
        Assert.Equal(4, answer.Whole("/for_p95/gpus"));
        Assert.Equal(15, answer.Whole("/for_peak/gpus"));
        Assert.Equal(0.08m, answer.Usd("/for_p95/gpu_usd"));
        Assert.Equal(0.01m, answer.Usd("/for_p95/staff_usd"));
        Assert.Equal(0.008727m, answer.Usd("/for_p95/by_use_usd"));
        Assert.Equal(0.090273m, answer.Usd("/for_p95/saving_usd"));
        Assert.Equal(0.918056, answer.Number("/for_p95/utilisation_share"));
        // Fully used, the four would do $0.196364 worth of tokens an hour; they and their people cost $0.09.
        Assert.Equal(0.458333, answer.Number("/break_even/utilisation"));
        Assert.Equal(0.499, answer.Number("/break_even/load_multiple"));
        var half = answer.At("/break_even/by_utilisation").EnumerateArray().Single(cost => cost.GetProperty("utilisation_share").GetDouble() == 0.5);
        Assert.Equal(2.5m, half.GetProperty("usd_per_million").GetDecimal());
        Assert.True(half.GetProperty("is_cheaper_than_by_use").GetBoolean());
    }

    [Fact]
    public void Plans_cost_what_a_walk_over_all_minutes_costs_and_break_even_where_told()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var minutes = Enumerable.Range(0, 300).Select(i => i is 0 or 299 || random.Next(3) > 0 ? random.Next(1, 10_000) : 0).ToArray();
            var loads = new MinuteLoads();
            for (var i = 0; i < minutes.Length; i++)
                if (minutes[i] > 0)
                    loads.Add(Call(i, i * 60).StartedAt, minutes[i]);
            var fleet = new Fleet(loads, minutes.Sum() * 3e-6, 1 + random.NextDouble() * 20, 0.5 + random.NextDouble(), 700, 1, random.Next(1, 9));
            var gpus = fleet.GpusFor(loads.At(0.95));

            var plan = fleet.Plan(gpus);
            var crossing = fleet.Crossing(plan);

            var fixedUsd = (gpus * fleet.GpuUsdPerHour * 5) + (700 / 730.5 * 5);
            var beyond = minutes.Sum(load => Math.Max(0, load - (gpus * fleet.PerSecond * 60)));
            Assert.Equal(0, gpus % fleet.Step);
            Assert.Equal(fixedUsd + (beyond * 3e-6), (double)plan.TotalUsd, 1e-5);
            // What the GPUs take is worth what they cost exactly when they are as busy as the crossing says.
            var worth = (minutes.Sum() - beyond) * 3e-6;
            Assert.Equal(fixedUsd / worth, crossing.Utilisation / plan.UtilisationShare, crossing.Utilisation / plan.UtilisationShare * 1e-3);
        }
    }

    [Fact]
    public async Task Without_throughput_and_price_it_tells_the_load_and_asks()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0)], M);

        var answer = await log.RunAsync("self_host_break_even");

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains("tokens_per_second_per_gpu", answer.Text("/reason"));
        Assert.Equal(18.333, answer.Number("/needed_peak_per_second"));
        Assert.Equal(Grade.D, answer.Grade);
    }

    [Fact]
    public async Task Throughput_nobody_measured_is_an_indication_only()
    {
        var answer = await aider.RunAsync("self_host_break_even", """{"tokens_per_second_per_gpu": 2500, "gpu_usd_per_hour": 2.5}""");

        Assert.True(answer.At("/answered").GetBoolean());
        Assert.Equal(Grade.D, answer.Grade);
        // A few calls a day: a GPU that waits all day never pays.
        Assert.True(answer.Usd("/for_p95/saving_usd") < 0);
        Assert.Equal(1, answer.Whole("/for_p95/gpus"));
    }

    [Fact]
    public async Task Free_models_and_empty_loads_are_refused()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0, model: "unknown")], M);

        var answer = await log.RunAsync("self_host_break_even", Hosting);

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains("No priced call", answer.Text("/reason"));
    }
}
