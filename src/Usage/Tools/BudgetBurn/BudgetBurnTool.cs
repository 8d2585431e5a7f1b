using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.SpendForecast;

namespace Apex.Usage.Tools.BudgetBurn;

/// <summary>T10: whether the budget lasts, and if not, until which day.</summary>
internal sealed class BudgetBurnTool() : LogTool(
    "budget_burn", "T10", "Whether the budget of this month, quarter, year or week lasts: how fast it burns, the day it is used up, the chance of going over.",
    new ArgumentSpec("budget_usd", ArgumentKind.Number, "The budget in US dollars.", Min: 0.01, Max: 1e9),
    ArgumentSpec.Choice("period", "The calendar span it is for, the one that as_of lies in.", "month", BudgetPeriod.Kinds),
    ArgumentSpec.Choice(
        "as_of", "Day to judge from: log_end, that of the log's last row; now, today, with no spend on days since that row.", LogEnd, LogEnd, Now))
{
    private const string LogEnd = "log_end";
    private const string Now = "now";
    private const double RiskChance = 0.2;
    private const int LongestPeriod = 366;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var kind = inquiry.Arguments.Choice("period");
        var outlook = await SpendOutlook.ReadAsync(inquiry, _ => LongestPeriod, cancellationToken, inquiry.Arguments.Choice("as_of") == Now);
        var result = outlook is null
            ? Nothing("There are no rows, so nothing is known of the spend.", kind)
            : Result(outlook, BudgetPeriod.Of(kind, outlook.Today), kind, inquiry.Arguments.FindNumber("budget_usd"));
        if (result.Refusal is { } refusal)
            inquiry.Caveats.Add(refusal);
        if (outlook is not null && result.From is { } from
            && outlook.Spend.First > DateOnly.ParseExact(from, "yyyy-MM-dd", CultureInfo.InvariantCulture))
            inquiry.Caveats.Add($"The log begins after the {kind}, on {Text(outlook.Spend.First)}: what was spent before is not in it.");
        IReadOnlyDictionary<string, Interval>? intervals = result is { Low80Usd: { } low, High80Usd: { } high, ForecastUsd: not null }
            ? Band(outlook!, result, low, high) // a forecast has an outlook
            : null;
        return inquiry.Answer(
            result, ResultJson.Default.BudgetBurnResult, result.Refusal is null ? Grade.C : Grade.D,
            ["spend_forecast", "cost_drivers", "cost_breakdown"], ci95: intervals);
    }

    private static Dictionary<string, Interval> Band(SpendOutlook outlook, BudgetBurnResult result, decimal low, decimal high)
    {
        if (outlook.Forecast is not { } forecast || result.To is not { } last)
            return new() { ["/forecast_usd"] = new((double)low, (double)high) };
        var days = DateOnly.ParseExact(last, "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber - forecast.FirstDay.DayNumber + 1;
        var rest = forecast.Sum(days);
        var spent = (double)result.ForecastUsd!.Value - rest.Usd; // the caller saw that there is a forecast
        return new() { ["/forecast_usd"] = new(Math.Round(spent + rest.Low95, 6), Math.Round(spent + rest.High95, 6)) };
    }

    private static BudgetBurnResult Nothing(string why, string kind) => new(
        why, null, kind, null, null, 0, 0, null, null, null, null, null, null, null, null, null, null, null, null, null, null, []);

    private static BudgetBurnResult Result(SpendOutlook outlook, BudgetPeriod period, string kind, double? budgetUsd)
    {
        var spent = outlook.Spend.Between(period.From, period.To);
        var wholeDays = outlook.FirstDay.DayNumber - period.From.DayNumber;
        var elapsed = (double)wholeDays / period.Days;
        // The pace compares whole days with whole days: what today has cost so far belongs to neither side.
        var spentWhole = (double)outlook.Spend.Between(period.From, outlook.FirstDay).Dollars;
        double? pace = elapsed <= 0 ? null : spentWhole / elapsed;
        var plain = Nothing("", kind) with
        {
            Refusal = null, From = Text(period.From), To = period.Last, SpentUsd = spent.Dollars, ElapsedShare = Figures.Share(elapsed),
            PaceUsd = pace is { } paced ? Usd(paced) : null,
        };
        if (budgetUsd is not { } budget)
            return plain with { Refusal = "Say the budget (budget_usd) to have it judged." };

        var judged = plain with
        {
            BudgetUsd = decimal.Round((decimal)budget, 9),
            SpentOfBudget = Figures.Share((double)spent.Dollars / budget),
            Burn = pace is { } rate ? Figures.Number(rate / budget) : null,
        };
        if (outlook.Forecast is not { } forecast)
            return judged with
            {
                Refusal = "The log's past is too short to test a forecast on, so no date is given.",
                Status = (double)spent.Dollars >= budget ? "exhausted" : null, ExhaustedOn = Reached(outlook, period, budget),
            };
        return Forecasted(judged, new BudgetRun(outlook.Spend, period, forecast, budget));
    }

    private static BudgetBurnResult Forecasted(BudgetBurnResult judged, BudgetRun run)
    {
        var rest = run.Rest;
        var chance = run.IsExhausted ? 1 : run.Forecast.ChanceOfAtLeast(run.Budget - run.SpentUsd, run.DaysLeft);
        var total = run.SpentUsd + rest.Usd;
        return judged with
        {
            Model = run.Forecast.Chosen.Model,
            ForecastUsd = Usd(total),
            Low80Usd = Usd(run.SpentUsd + rest.Low80),
            High80Usd = Usd(run.SpentUsd + rest.High80),
            OverByUsd = Usd(Math.Max(0, total - run.Budget)),
            OverBudgetChance = Figures.Share(chance),
            Status = run.IsExhausted ? "exhausted" : chance >= 0.5 ? "over_expected" : chance >= RiskChance ? "at_risk" : "within",
            ExhaustedOn = run.DayReached(band => band.Usd),
            EarliestOn = run.DayReached(band => band.High80),
            LatestOn = run.DayReached(band => band.Low80),
            DailyAllowanceUsd = run.DaysLeft > 0 ? Usd(Math.Max(0, (run.Budget - run.SpentUsd) / run.DaysLeft)) : null,
            Days = run.Days(),
        };
    }

    private static string? Reached(SpendOutlook outlook, BudgetPeriod period, double budget)
    {
        var sum = NanoDollars.Zero;
        for (var day = period.From; day <= outlook.Today; day = day.AddDays(1))
        {
            sum += outlook.Spend.Between(day, day.AddDays(1));
            if ((double)sum.Dollars >= budget)
                return Text(day);
        }

        return null;
    }

    private static decimal Usd(double usd) => decimal.Round((decimal)usd, 6);

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
