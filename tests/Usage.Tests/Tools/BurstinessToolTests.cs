using Apex.Usage.Prices;
using Apex.Usage.Tools.Burstiness;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class BurstinessToolTests
{
    [Fact]
    public async Task Calls_like_a_clock_have_no_variation()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 601).Select(i => Call(i, i)), M);

        var answer = await log.RunAsync("burstiness");

        Assert.Equal(1, answer.Number("/groups/0/gap_mean_seconds"));
        Assert.Equal(0, answer.Number("/groups/0/gap_cv"));
        Assert.Equal(0, answer.Number("/groups/0/dispersion60s"));
        Assert.Equal(60, answer.Number("/groups/0/requests_per_minute"));
        Assert.Equal(60, answer.Whole("/groups/0/peak_requests_per_minute"));
        Assert.Equal(1, answer.Number("/groups/0/peak_to_mean"));
        // 2025-12-01 was a Monday.
        Assert.Equal(601, answer.Whole("/heat_map/0/requests"));
    }

    [Fact]
    public async Task Empty_minutes_count_and_the_last_cut_one_does_not()
    {
        // Minutes of 3, 0, 0 and 1 calls, and one that the end of the rows cuts.
        await using var log = await ToolLog.WithAsync([Call(1, 0), Call(2, 10), Call(3, 20), Call(4, 190), Call(5, 250)], M);

        var answer = await log.RunAsync("burstiness");

        Assert.Equal(0.5, answer.Number("/groups/0/idle_share"));
        Assert.Equal(1, answer.Number("/groups/0/requests_per_minute"));
        // Variance of 3, 0, 0, 1 is 1.5, their mean 1.
        Assert.Equal(1.5, answer.Number("/groups/0/dispersion60s"));
        Assert.Equal(3, answer.Number("/groups/0/peak_to_mean"));
    }

    [Fact]
    public void Arrivals_by_chance_measure_as_chance_in_two_hundred_seeds()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var shown = Metered(20_000, () => -Math.Log(1 - random.NextDouble()));

            Assert.Equal(1, shown.GapCv, 0.05);
            Assert.Equal(1, shown.Dispersion1s!.Value, 0.06);
        }
    }

    [Fact]
    public void Planted_gamma_shape_is_found()
    {
        // The square of a normal variable is Gamma with shape 1/2.
        var random = new Random(7);
        var shown = Metered(100_000, () =>
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return normal * normal;
        });

        Assert.Equal(0.5, shown.GammaShape!.Value, 0.025);
        Assert.Equal(2, shown.Dispersion60s!.Value, 0.3);
    }

    [Fact]
    public async Task Azure_code_trace_measures_as_a_plain_computation_says()
    {
        var rows = SharedRows.AzureCode().ToList();
        await using var log = await ToolLog.WithAsync(rows, PriceBook.Empty);

        var answer = await log.RunAsync("burstiness");

        var ticks = rows.Select(row => row.StartedAt.UtcTicks / 10 * 10).Order().ToList();
        var gaps = ticks.Zip(ticks.Skip(1), (one, two) => (two - one) / 1e7).ToList();
        var mean = gaps.Average();
        var deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));
        var minutes = new double[(ticks[^1] - ticks[0]) / TimeSpan.TicksPerMinute];
        foreach (var tick in ticks)
            if ((tick - ticks[0]) / TimeSpan.TicksPerMinute is var bin && bin < minutes.Length)
                minutes[bin]++;
        Assert.Equal(deviation / mean, answer.Number("/groups/0/gap_cv"), 1e-4);
        Assert.Equal(minutes.Average(minute => Math.Pow(minute - minutes.Average(), 2)) / minutes.Average(), answer.Number("/groups/0/dispersion60s"), 1e-4);
        Assert.Equal(minutes.Max(), answer.Whole("/groups/0/peak_requests_per_minute"));
    }

    [Fact]
    public async Task Heat_map_divides_by_the_hours_the_rows_span()
    {
        // Two Mondays at midnight, one Tuesday.
        await using var log = await ToolLog.WithAsync([Call(1, 0), Call(2, 60), Call(3, 86_400), Call(4, 7 * 86_400)], M);

        var answer = await log.RunAsync("burstiness");

        Assert.Equal(1.5, answer.Number("/heat_map/0/requests_per_hour"));
        Assert.Equal(1, answer.Number("/heat_map/24/requests_per_hour"));
    }

    private static BurstGroup Metered(int calls, Func<double> gap)
    {
        var meter = new ArrivalMeter();
        var at = 0.0;
        for (var i = 0; i < calls; i++)
            meter.Add(Call(i, at += gap()));
        return meter.Shown(new Dictionary<string, string?>());
    }
}
