using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SpendForecast;

/// <summary>A way to continue a daily series.</summary>
/// <param name="Continue">Past days and how many days to add; never negative.</param>
internal sealed record ForecastModel(string Name, Func<ArraySegment<double>, int, double[]> Continue)
{
    private const int Week = 7;
    private const int TrendDays = 56;
    private const double Damping = 0.9;

    private static readonly double[] LevelWeights = [0.1, 0.3, 0.5, 0.8];
    private static readonly double[] TrendWeights = [0.05, 0.2];

    /// <summary>In order of preference where errors are equal: the plainest first.</summary>
    public static IReadOnlyList<ForecastModel> All { get; } =
    [
        new("run_rate_7", RunRate),
        new("seasonal_naive_7", SeasonalNaive),
        new("damped_holt", DampedHolt),
        new("theil_sen_weekday", TheilSenWeekday),
    ];

    private static double[] RunRate(ArraySegment<double> past, int days)
    {
        var week = past.Slice(Math.Max(0, past.Count - Week));
        return Days(days, _ => week.Average());
    }

    private static double[] SeasonalNaive(ArraySegment<double> past, int days) =>
        Days(days, day => past[past.Count - Week + (day % Week)]);

    /// <summary>Level and a trend that fades by 0.9 a day; the weights with the least one-day-ahead errors win.</summary>
    private static double[] DampedHolt(ArraySegment<double> past, int days)
    {
        var best = (Error: double.PositiveInfinity, Level: 0.0, Trend: 0.0);
        foreach (var levelWeight in LevelWeights)
            foreach (var trendWeight in TrendWeights)
            {
                var fit = Fit(past, levelWeight, trendWeight);
                if (fit.Error < best.Error)
                    best = fit;
            }

        var (sum, factor) = (0.0, 1.0);
        return Days(days, _ =>
        {
            factor *= Damping;
            sum += factor;
            return best.Level + (best.Trend * sum);
        });
    }

    private static (double Error, double Level, double Trend) Fit(ArraySegment<double> past, double levelWeight, double trendWeight)
    {
        var level = past.Take(Week).Average();
        var trend = 0.0;
        var error = 0.0;
        foreach (var value in past)
        {
            var ahead = level + (Damping * trend);
            error += (value - ahead) * (value - ahead);
            var next = ahead + (levelWeight * (value - ahead));
            trend = (trendWeight * (next - level)) + ((1 - trendWeight) * Damping * trend);
            level = next;
        }

        return (error, level, trend);
    }

    /// <summary>A robust line through the last eight weeks, and the median of each weekday about it.</summary>
    private static double[] TheilSenWeekday(ArraySegment<double> past, int days)
    {
        var recent = past.Slice(Math.Max(0, past.Count - TrendDays));
        // Slopes between equal weekdays alone, so that the shape of the week is no trend.
        var slopes = new List<double>();
        for (var i = 0; i < recent.Count; i++)
            for (var j = i + Week; j < recent.Count; j += Week)
                slopes.Add((recent[j] - recent[i]) / (j - i));
        var slope = slopes.Count == 0 ? 0 : Quantiles.Median(slopes);
        var weekdays = new double[Week];
        for (var weekday = 0; weekday < Week; weekday++)
            weekdays[weekday] = Quantiles.Median(
                Enumerable.Range(0, recent.Count).Where(i => i % Week == weekday).Select(i => recent[i] - (slope * i)));
        return Days(days, day => weekdays[(recent.Count + day) % Week] + (slope * (recent.Count + day)));
    }

    private static double[] Days(int days, Func<int, double> of)
    {
        var values = new double[days];
        for (var day = 0; day < days; day++)
            values[day] = Math.Max(0, of(day));
        return values;
    }
}
