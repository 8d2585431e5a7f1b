using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SpendForecast;

/// <summary>How a model did when it was asked for days that are known by now, from several starting days ("rolling origin").</summary>
/// <param name="Mase">
/// Mean absolute error by day over that of last week's same day within the past; where most days cost nothing, the error of the
/// horizon's sum by day.
/// </param>
/// <param name="MeanErrorUsd">Mean of forecast less truth over the horizon's sum: above zero the model says too much.</param>
/// <param name="Errors">Truth less forecast of the running sum after each number of days, over days^<see cref="Growth"/>; ascending.</param>
/// <param name="Growth">How errors of the running sum grow with the days: 0.5 as of independent days, 1 as of a wrong level.</param>
internal sealed record Backtest(string Model, int Origins, int Horizon, double Mase, double MeanErrorUsd, IReadOnlyList<double> Errors, double Growth)
{
    public const int FewestOrigins = 5;
    public const int FewestPastDays = 21;

    private const int MostOrigins = 12;
    private const int Week = 7;
    private const int Month = 30;

    /// <summary>Days of which a forecast can be tested at all.</summary>
    public const int FewestDays = FewestPastDays + Week + FewestOrigins - 1;

    /// <summary>Months where there is a past to test them on, else weeks.</summary>
    public static int HorizonFor(int days) => days >= 28 + Month + ((FewestOrigins - 1) * Week) ? Month : Week;

    public static Backtest Of(ForecastModel model, double[] series)
    {
        var horizon = HorizonFor(series.Length);
        var origins = StartingDays(series.Length, horizon);
        var sums = new List<(int Days, double Error)>();
        var (absolute, scale, bias) = (0.0, 0.0, 0.0);
        // Where most days cost nothing, "always nothing" has the least error by day and is of no use: then the sums are compared.
        var isSparse = series.Count(value => value == 0) > series.Length / 2;
        foreach (var origin in origins)
        {
            var past = new ArraySegment<double>(series, 0, origin);
            var forecast = model.Continue(past, horizon);
            var sum = 0.0;
            for (var day = 0; day < horizon; day++)
            {
                var error = series[origin + day] - forecast[day];
                absolute += isSparse ? 0 : Math.Abs(error) / horizon;
                sum += error;
                sums.Add((day + 1, sum));
            }

            absolute += isSparse ? Math.Abs(sum) / horizon : 0;
            bias -= sum;
            scale += NaiveError(past);
        }

        var growth = GrowthOf(sums, horizon);
        // The part of a sample's spread that so few origins do not show, as in a t interval's prediction factor.
        var widening = Math.Sqrt(1 + (2.0 / origins.Count));
        var errors = sums.Select(sum => widening * sum.Error / Math.Pow(sum.Days, growth)).Order().ToList();
        return new Backtest(
            model.Name, origins.Count, horizon, scale == 0 ? (absolute == 0 ? 0 : double.PositiveInfinity) : absolute / scale,
            bias / origins.Count, errors, growth);
    }

    /// <summary>The error of the running sum after this many days that the share p of tests stayed below.</summary>
    public double ErrorAt(double p, int days) => Quantiles.Of(Errors, p) * Math.Pow(days, Growth);

    /// <summary>Share of tests whose error, grown to this many days, was at least this.</summary>
    public double ShareAbove(double error, int days)
    {
        var scaled = error / Math.Pow(days, Growth);
        return (double)Errors.Count(known => known >= scaled) / Errors.Count;
    }

    private static List<int> StartingDays(int days, int horizon)
    {
        var room = days - FewestPastDays - horizon;
        var step = Math.Clamp(room / (FewestOrigins - 1), 1, Week);
        var origins = new List<int>();
        for (var origin = days - horizon; origin >= FewestPastDays && origins.Count < MostOrigins; origin -= step)
            origins.Add(origin);
        return origins;
    }

    private static double NaiveError(ArraySegment<double> past)
    {
        var sum = 0.0;
        for (var i = Week; i < past.Count; i++)
            sum += Math.Abs(past[i] - past[i - Week]);
        return sum / (past.Count - Week);
    }

    /// <summary>Slope of log mean absolute error over log days.</summary>
    private static double GrowthOf(List<(int Days, double Error)> sums, int horizon)
    {
        var first = sums.Where(sum => sum.Days <= 2).Average(sum => Math.Abs(sum.Error));
        var last = sums.Where(sum => sum.Days >= horizon - 1).Average(sum => Math.Abs(sum.Error));
        return first <= 0 || last <= 0 ? 0.5 : Math.Clamp(Math.Log(last / first) / Math.Log((horizon - 0.5) / 1.5), 0.5, 1);
    }
}
