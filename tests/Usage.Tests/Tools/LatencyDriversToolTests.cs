using Apex.Usage.Events;
using Apex.Usage.Tools.LatencyDrivers;
using Apex.Usage.Tools.Statistics;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class LatencyDriversToolTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Planted_coefficients_are_found_within_five_percent_though_hours_differ_and_some_calls_are_wild(bool streamed)
    {
        await using var log = await ToolLog.WithAsync(Planted(1, 3_000, streamed), M);

        var answer = await log.RunAsync("latency_drivers");

        Assert.Equal(0.05, answer.Number("/models/0/prefill_ms_per_token/value"), 0.0025);
        Assert.Equal(12, answer.Number("/models/0/decode_ms_per_token/value"), 0.6);
        Assert.InRange(12, answer.Number("/models/0/decode_ms_per_token/low") - 0.6, answer.Number("/models/0/decode_ms_per_token/high") + 0.6);
    }

    [Fact]
    public void Sample_does_not_depend_on_the_order_of_rows()
    {
        var calls = Planted(2, 5_000, true).ToList();
        var (one, two) = (new HourlySample(), new HourlySample());
        calls.ForEach(one.Add);
        calls.AsEnumerable().Reverse().ToList().ForEach(two.Add);

        Assert.Equal(one.All(), two.All());
        Assert.True(one.All().Count <= 16_000);
    }

    [Fact]
    public void Slope_is_the_median_of_all_pairs_within_a_stratum()
    {
        // Within strata the slopes are 2; between them anything.
        var points = Enumerable.Range(0, 40).Select(i => new StratifiedPoint(i % 4, i, (2 * i) + (1_000 * (i % 4)))).ToList();

        var slope = TheilSen.Fit(points)!;

        Assert.Equal(2, slope.Value, 1e-9);
        Assert.Equal(4 * 45, slope.Pairs);
        Assert.Null(TheilSen.Fit([new(0, 1, 1), new(1, 2, 2)]));
    }

    [Fact]
    public void Interval_holds_a_slope_of_nothing_in_about_nineteen_of_twenty_seeds()
    {
        var held = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var slope = TheilSen.Fit(Enumerable.Range(0, 60).Select(_ => new StratifiedPoint(0, random.NextDouble(), random.NextDouble())).ToList())!;
            held += slope.Low <= 0 && slope.High >= 0 ? 1 : 0;
        }

        Assert.InRange(held, 180, 200);
    }

    [Fact]
    public async Task Log_without_times_is_refused()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 100).Select(i => Call(i, i)), M);

        var answer = await log.RunAsync("latency_drivers");

        Assert.False(answer.At("/answered").GetBoolean());
    }

    /// <summary>200 ms, 0.05 ms per input token and 12 ms per output token; slow hours hold longer prompts; one call in twenty stalls.</summary>
    private static IEnumerable<UsageEvent> Planted(int seed, int count, bool streamed)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var hour = i / 40;
            var input = random.Next(500, 8_000) + (hour % 5 * 3_000);
            var output = random.Next(20, 800);
            var call = Call(i, (hour * 3_600) + (i % 40 * 60), input, output);
            var first = 200 + (0.05 * input) + (hour % 5 * 400) + (random.NextDouble() * 60) + (random.Next(20) == 0 ? 20_000 : 0);
            yield return call with
            {
                FirstTokenAt = streamed ? call.StartedAt.AddMilliseconds(first) : null,
                EndedAt = call.StartedAt.AddMilliseconds(first + (12 * output)),
            };
        }
    }
}
