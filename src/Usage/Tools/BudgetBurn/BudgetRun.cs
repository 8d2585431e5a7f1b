using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Tools.SpendForecast;

namespace Apex.Usage.Tools.BudgetBurn;

/// <summary>A budget's period day by day: what was spent on the days gone by, what is forecast for the others.</summary>
internal sealed class BudgetRun(DailySpend spend, BudgetPeriod period, Forecast forecast, double budget)
{
    public Forecast Forecast => forecast;

    public double Budget => budget;

    /// <summary>Over the period's whole days.</summary>
    public double SpentUsd { get; } = (double)spend.Between(period.From, Earlier(forecast.FirstDay, period.To)).Dollars;

    /// <summary>Days of the period that are forecast.</summary>
    public int DaysLeft { get; } = Math.Max(0, period.To.DayNumber - Math.Max(forecast.FirstDay.DayNumber, period.From.DayNumber));

    public SpendBand Rest => forecast.Sum(DaysLeft);

    /// <summary>Today counts here although it is not over: what is spent is spent.</summary>
    public bool IsExhausted => (double)spend.Between(period.From, period.To).Dollars >= budget;

    /// <summary>The first day whose running sum is the budget or more; null when none is within the period.</summary>
    public string? DayReached(Func<SpendBand, double> of)
    {
        var sum = NanoDollars.Zero;
        for (var day = period.From; day <= spend.Last && day < period.To; day = day.AddDays(1))
        {
            sum += spend.Between(day, day.AddDays(1));
            if ((double)sum.Dollars >= budget)
                return Text(day);
        }

        for (var days = 1; days <= DaysLeft; days++)
            if (SpentUsd + of(forecast.Sum(days)) >= budget)
                return Text(forecast.FirstDay.AddDays(days - 1));
        return null;
    }

    public IReadOnlyList<BurnDay> Days()
    {
        var days = new List<BurnDay>();
        var sum = NanoDollars.Zero;
        for (var day = period.From; day < forecast.FirstDay && day < period.To; day = day.AddDays(1))
        {
            sum += spend.Between(day, day.AddDays(1));
            days.Add(new BurnDay(Text(day), sum.Dollars, null, null, null));
        }

        for (var ahead = 1; ahead <= DaysLeft; ahead++)
        {
            var band = forecast.Sum(ahead);
            days.Add(new BurnDay(
                Text(forecast.FirstDay.AddDays(ahead - 1)), null, Usd(SpentUsd + band.Usd), Usd(SpentUsd + band.Low80),
                Usd(SpentUsd + band.High80)));
        }

        return days;
    }

    private static DateOnly Earlier(DateOnly left, DateOnly right) => left < right ? left : right;

    private static decimal Usd(double usd) => decimal.Round((decimal)usd, 6);

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
