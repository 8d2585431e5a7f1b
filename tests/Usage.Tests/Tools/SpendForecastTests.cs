using Apex.Usage.Tools.SpendForecast;

namespace Apex.Usage.Tests.Tools;

/// <summary>The models and their bands on series with known truth.</summary>
public sealed class SpendForecastTests
{
    private static readonly DateOnly Monday = new(2026, 1, 5);

    [Fact]
    public void A_constant_spend_goes_on_and_is_certain()
    {
        var forecast = Forecast.Of(Monday, [.. Enumerable.Repeat(12.5, 60)], 30)!;

        Assert.Equal(375, forecast.Sum(30).Usd, 9);
        Assert.Equal(375, forecast.Sum(30).High95, 9);
        Assert.Equal(0, forecast.Chosen.Mase);
    }

    [Fact]
    public void A_weekly_rhythm_is_kept()
    {
        double[] week = [10, 11, 12, 11, 10, 1, 2];
        var forecast = Forecast.Of(Monday, [.. Enumerable.Range(0, 105).Select(day => week[day % 7])], 14)!;

        Assert.Equal("seasonal_naive_7", forecast.Chosen.Model);
        Assert.Equal([.. week, .. week], forecast.Daily);
    }

    [Fact]
    public void A_steady_rise_goes_on_rising()
    {
        var series = Enumerable.Range(0, 120).Select(day => 100 + (2.0 * day)).ToArray();
        var forecast = Forecast.Of(Monday, series, 30)!;

        Assert.Equal("theil_sen_weekday", forecast.Chosen.Model);
        Assert.Equal(Enumerable.Range(120, 30).Sum(day => 100 + (2.0 * day)), forecast.Sum(30).Usd, 6);
    }

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, true)]
    public void A_past_too_short_to_test_on_gives_none(int days, bool isGiven) =>
        Assert.Equal(isGiven, Forecast.Of(Monday, Noisy(1, days), 30) is not null);

    [Theory]
    [InlineData(60, 7)]
    [InlineData(120, 30)]
    public void Bands_hold_the_days_they_were_not_shown_about_as_often_as_they_say(int past, int ahead)
    {
        const int seeds = 400;
        var (in80, in95) = (0, 0);
        for (var seed = 1; seed <= seeds; seed++)
        {
            var series = Noisy(seed, past + ahead);
            var band = Forecast.Of(Monday, series[..past], ahead)!.Sum(ahead);
            var truth = series[past..].Sum();
            in80 += truth >= band.Low80 && truth <= band.High80 ? 1 : 0;
            in95 += truth >= band.Low95 && truth <= band.High95 ? 1 : 0;
        }

        Assert.InRange(in80, 0.70 * seeds, 0.92 * seeds);
        Assert.InRange(in95, 0.85 * seeds, seeds);
    }

    [Fact]
    public void A_log_of_few_days_is_not_forecast_as_nothing()
    {
        var random = new Random(3);
        var series = Enumerable.Range(0, 200).Select(_ => random.Next(4) == 0 ? 10.0 : 0).ToArray();

        var forecast = Forecast.Of(Monday, series, 30)!;

        Assert.InRange(forecast.Sum(30).Usd, 30, 150);
        Assert.InRange(forecast.Sum(30).High80, 75, 300);
    }

    [Fact]
    public void Bands_are_nested_and_grow_and_the_chance_falls_with_the_amount()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            var forecast = Forecast.Of(Monday, Noisy(seed, 90), 30)!;
            var last = 0.0;
            for (var days = 1; days <= 30; days++)
            {
                var band = forecast.Sum(days);
                Assert.True(band.Low95 <= band.Low80 && band.Low80 <= band.Usd && band.Usd <= band.High80 && band.High80 <= band.High95);
                Assert.True(band.High95 - band.Usd >= last - 1e-9);
                last = band.High95 - band.Usd;
                Assert.True(forecast.ChanceOfAtLeast(band.Usd * 0.5, days) >= forecast.ChanceOfAtLeast(band.Usd * 1.5, days));
            }
        }
    }

    /// <summary>About $100 on working days and $30 at weekends, with a noise of 15 %.</summary>
    private static double[] Noisy(int seed, int days)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, days).Select(day => (day % 7 < 5 ? 100 : 30) * Math.Exp(0.15 * Normal(random)))];
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
