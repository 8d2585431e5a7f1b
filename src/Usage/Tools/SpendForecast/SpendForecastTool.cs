using System.Globalization;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SpendForecast;

/// <summary>T09: what the coming days and the month will cost, by the model that did best on this log's own past.</summary>
internal sealed class SpendForecastTool() : LogTool(
    "spend_forecast", "T09", "What this month and the coming days will cost, with bands from the errors made on this log's own past.",
    ArgumentSpec.Whole("horizon_days", "Days to forecast after the log's last whole day.", 30, 1, MaxHorizon))
{
    private const int MaxHorizon = 366;
    private const int PastShown = 120;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var horizon = inquiry.Arguments.Whole("horizon_days");
        var outlook = await SpendOutlook.ReadAsync(inquiry, today => Math.Max(horizon, 31), cancellationToken);
        var result = outlook is null ? Refused("There are no rows to forecast from.") : Result(outlook, horizon);
        IReadOnlyDictionary<string, Interval>? intervals = result is { MonthEnd: { } month, Horizon: { } sum }
            ? new Dictionary<string, Interval>
            {
                ["/month_end/forecast_usd"] = new((double)month.Low95Usd, (double)month.High95Usd),
                ["/horizon/forecast_usd"] = new((double)sum.Low95Usd, (double)sum.High95Usd),
            }
            : null;
        return inquiry.Answer(
            result, ResultJson.Default.SpendForecastResult, result.Refusal is null ? Grade.C : Grade.D,
            ["budget_burn", "cost_anomaly", "change_points"], ci95: intervals);
    }

    private static SpendForecastResult Refused(string why) => new(why, null, 0, null, null, null, [], [], []);

    private static SpendForecastResult Result(SpendOutlook outlook, int horizon)
    {
        var past = outlook.Spend.Costs.Select((cost, day) => new SpentDay(Text(outlook.Spend.First.AddDays(day)), cost.Dollars))
            .TakeLast(PastShown).ToList();
        var fitDays = outlook.FirstDay.DayNumber - outlook.FitFrom.DayNumber;
        if (outlook.Forecast is not { } forecast)
            return Refused("The log's past is too short to test a forecast on.") with
            {
                LastDay = Text(outlook.Today), FitDays = fitDays, Past = past,
            };

        var sum = forecast.Sum(horizon);
        var daily = Enumerable.Range(1, horizon).Select(days => Day(forecast, days)).ToList();
        return new SpendForecastResult(
            null, Text(outlook.Today), fitDays, forecast.Chosen.Model, Month(outlook, forecast),
            new SumForecast(
                horizon, Text(forecast.FirstDay), Text(forecast.FirstDay.AddDays(horizon - 1)), Usd(sum.Usd), Usd(sum.Low80),
                Usd(sum.High80), Usd(sum.Low95), Usd(sum.High95)),
            forecast.Tests.Select(test => new ModelTest(
                test.Model, test.Origins, test.Horizon, double.IsFinite(test.Mase) ? Figures.Number(test.Mase) : null,
                Usd(test.MeanErrorUsd))).ToList(),
            daily, past);
    }

    private static MonthForecast Month(SpendOutlook outlook, Forecast forecast)
    {
        // On the last day of a month, once it is over, the month to come is the one asked about.
        var month = new DateOnly(forecast.FirstDay.Year, forecast.FirstDay.Month, 1);
        var days = month.AddMonths(1).DayNumber - forecast.FirstDay.DayNumber;
        var spent = outlook.Spend.Between(month, forecast.FirstDay);
        var rest = forecast.Sum(days);
        decimal With(double usd) => Usd(usd) + spent.Dollars;
        return new MonthForecast(
            month.ToString("yyyy-MM", CultureInfo.InvariantCulture), outlook.Spend.Between(month, month.AddMonths(1)).Dollars, Usd(rest.Usd),
            With(rest.Usd), With(rest.Low80), With(rest.High80), With(rest.Low95), With(rest.High95));
    }

    private static ForecastDay Day(Forecast forecast, int days)
    {
        var sum = forecast.Sum(days);
        return new ForecastDay(
            Text(forecast.FirstDay.AddDays(days - 1)), Usd(forecast.Daily[days - 1]), Usd(sum.Usd), Usd(sum.Low80), Usd(sum.High80),
            Usd(sum.Low95), Usd(sum.High95));
    }

    private static decimal Usd(double usd) => decimal.Round((decimal)usd, 6);

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
