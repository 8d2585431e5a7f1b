namespace Apex.Server.Tests.Answers;

/// <summary>
/// The forecast of docs/analytics/spend_forecast.md by a robust line through eight weeks with weekday medians, its errors on the log's own
/// past, and the band that follows; without a line of the product's.
/// </summary>
internal static class ForecastWitness
{
    private const int Horizon = 30;
    private const int Origins = 12;

    /// <returns>Sum of the coming days, with the 80 % band.</returns>
    public static (double Sum, double Low, double High) Of(double[] series, int days)
    {
        var sum = Continue(series, days).Sum();
        var errors = new List<(int Days, double Error)>();
        for (var origin = 0; origin < Origins; origin++)
        {
            var at = series.Length - Horizon - (7 * origin);
            var forecast = Continue(series[..at], Horizon);
            var running = 0.0;
            for (var day = 0; day < Horizon; day++)
            {
                running += series[at + day] - forecast[day];
                errors.Add((day + 1, running));
            }
        }

        var first = errors.Where(error => error.Days <= 2).Average(error => Math.Abs(error.Error));
        var last = errors.Where(error => error.Days >= Horizon - 1).Average(error => Math.Abs(error.Error));
        var growth = first == 0 || last == 0 ? 0.5 : Math.Clamp(Math.Log(last / first) / Math.Log((Horizon - 0.5) / 1.5), 0.5, 1);
        var scaled = errors.Select(error => Math.Sqrt(1 + (2.0 / Origins)) * error.Error / Math.Pow(error.Days, growth)).Order().ToArray();
        double End(double p) => Math.Max(0, sum + (Quantile(scaled, p) * Math.Pow(days, growth)));
        return (sum, Math.Min(sum, End(0.1)), Math.Max(sum, End(0.9)));
    }

    private static double[] Continue(double[] past, int days)
    {
        var recent = past[^Math.Min(56, past.Length)..];
        var slopes = from i in Enumerable.Range(0, recent.Length)
                     from j in Enumerable.Range(0, recent.Length)
                     where j > i && (j - i) % 7 == 0
                     select (recent[j] - recent[i]) / (j - i);
        var slope = DayWitness.Median(slopes);
        var levels = Enumerable.Range(0, 7).Select(weekday =>
            DayWitness.Median(recent.Select((value, index) => (value, index)).Where(one => one.index % 7 == weekday).Select(one => one.value - (slope * one.index)))).ToArray();
        return [.. Enumerable.Range(recent.Length, days).Select(day => Math.Max(0, levels[day % 7] + (slope * day)))];
    }

    private static double Quantile(double[] sorted, double p)
    {
        var at = (sorted.Length - 1) * p;
        var below = (int)at;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below]));
    }
}
