using System.Globalization;
using Apex.Usage.Tools.ChangePoints;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SpendForecast;

/// <summary>The past that a forecast rests on: whole days, after the last break of what a request costs where enough of them follow it.</summary>
internal sealed record SpendOutlook(DailySpend Spend, DateOnly Today, bool TodayIsOver, DateOnly FitFrom, Forecast? Forecast)
{
    private static readonly TimeSpan StillRunning = TimeSpan.FromDays(1);

    /// <summary>First day that is forecast.</summary>
    public DateOnly FirstDay => TodayIsOver ? Today.AddDays(1) : Today;

    /// <param name="daysAhead">Days to forecast from <see cref="FirstDay"/>, told the day the log stands at.</param>
    /// <param name="untilNow">Stand at today, days since the last row counting as days without spend, instead of at the log's last row.</param>
    /// <returns>Null without rows.</returns>
    public static async Task<SpendOutlook?> ReadAsync(
        Inquiry inquiry, Func<DateOnly, int> daysAhead, CancellationToken cancellationToken, bool untilNow = false)
    {
        if (await DailySpend.ReadAsync(inquiry, cancellationToken) is not { } spend)
            return null;
        var today = DateOnly.FromDateTime(inquiry.Request.Now.UtcDateTime);
        if (untilNow)
            spend = spend.Until(today);
        // A log that ended long ago is over; one with rows of today goes on.
        var lastStart = inquiry.Totals.LastStart ?? inquiry.Request.Now;
        var isOver = (!untilNow && inquiry.Request.Now - lastStart > StillRunning)
            || today > spend.Last;
        var whole = isOver ? spend : spend.WithoutLast();
        var fitFrom = FitStart(inquiry, whole);
        var firstDay = isOver ? spend.Last.AddDays(1) : spend.Last;
        var past = whole.Usd(fitFrom.DayNumber - whole.First.DayNumber);
        var forecast = Forecast.Of(firstDay, past, daysAhead(spend.Last));
        Explain(inquiry, spend, isOver, past.Length, forecast);
        return new SpendOutlook(spend, spend.Last, isOver, fitFrom, forecast);
    }

    private static DateOnly FitStart(Inquiry inquiry, DailySpend spend)
    {
        var breaks = CostBreaks.Find(CostPerRequest.Of(spend));
        if (breaks.Count == 0)
            return spend.First;
        var last = breaks[^1].Day;
        if (spend.Last.DayNumber - last.DayNumber + 1 >= Backtest.FewestDays)
        {
            inquiry.Assumptions.Add($"What a request costs changed on {Text(last)} (change_points); the forecast is fitted to the days since.");
            return last;
        }

        inquiry.Caveats.Add(
            $"What a request costs changed on {Text(last)} (change_points), too late to fit the days since alone; the forecast rests on "
            + "days before the change too.");
        return spend.First;
    }

    private static void Explain(Inquiry inquiry, DailySpend spend, bool isOver, int days, Forecast? forecast)
    {
        inquiry.ExplainPrices();
        if (!isOver)
            inquiry.Assumptions.Add($"{Text(spend.Last)} is not over: it counts as spent so far and is forecast as a whole day.");
        if (spend.DaysWithRows < spend.Days)
            inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"Days without rows count as days without spend: {spend.Days - spend.DaysWithRows:N0} of {spend.Days:N0}."));
        if (forecast is null)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"{days} whole days are too few to test a forecast on; {Backtest.FewestDays} are needed, so none is given."));
        else
            inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
                $"Bands are the errors that {forecast.Chosen.Model} made on this log itself over {forecast.Chosen.Origins} starting days, "
                + $"grown by days^{forecast.Chosen.Growth:0.00}; they hold while things go on as they did."));
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
