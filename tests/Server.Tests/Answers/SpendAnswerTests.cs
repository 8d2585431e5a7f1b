namespace Apex.Server.Tests.Answers;

/// <summary>
/// What was spent, why, by whom and whether it is right, asked over the real Aider log: each figure of the answer in short is worked out
/// again from the file's own lines and the price files, in decimals.
/// </summary>
[Collection(SharedLogCollection.Name)]
public sealed class SpendAnswerTests(SharedLogAnswers logs)
{
    private static readonly IReadOnlyList<AiderFile.Call> Calls = AiderFile.Calls;
    private static readonly List<AiderFile.Call> Priced = [.. Calls.Where(call => call.Cost is not null)];
    private static readonly List<AiderFile.Call> Outliers = [.. Calls.Where(call => call.IsOutlier)];

    private static decimal Recorded => Calls.Sum(call => call.Recorded);

    private static decimal Excess => Outliers.Sum(call => call.Recorded - call.Cost!.Value);

    [Fact]
    public async Task Overview_how_are_we_doing()
    {
        var days = DayWitness.StandingOut(Calls);

        var told = await logs.AskAsync(logs.Aider, "How are we doing?");

        told.AssertHead(
        [
            ("cost_breakdown/totals/requests", Calls.Count), ("cost_breakdown/totals/priced_requests", Priced.Count), ("cost_breakdown/totals/cost_usd", AiderFile.Cost(Calls)),
            .. Reconciled(), ("cost_anomaly/flagged_day_count", days.Flagged), ("cost_anomaly/excess_usd", days.Excess),
        ]);
    }

    [Fact]
    public async Task Why_up_why_did_cost_rise()
    {
        var (before, after) = (Month(2025, 2), Month(2025, 3));
        var split = CostSplit.Of(before, after, call => (call.Model, call.Feature));
        var dearest = after.GroupBy(call => call.Day).MaxBy(AiderFile.Cost)!;
        var days = DayWitness.StandingOut([.. Calls.Where(call => call.Day < new DateOnly(2025, 4, 1))], new DateOnly(2025, 3, 1));

        var told = await logs.AskAsync(logs.Aider, "Why did cost rise in March 2025?");

        told.AssertHead(
            1e-7m,
            ("cost_drivers/before/cost_usd", AiderFile.Cost(before)), ("cost_drivers/after/cost_usd", AiderFile.Cost(after)),
            ("cost_drivers/change_usd", AiderFile.Cost(after) - AiderFile.Cost(before)), ("cost_drivers/effects/0/change_usd", (decimal)split.Volume),
            ("cost_breakdown/totals/requests", after.Count), ("cost_breakdown/totals/priced_requests", after.Count(call => call.Cost is not null)),
            ("cost_breakdown/totals/cost_usd", AiderFile.Cost(after)), ("cost_breakdown/totals/recorded_usd", after.Sum(call => call.Recorded)),
            ($"cost_breakdown/marginals/0/rows/{DayIndex(after, dearest.Key)}/cost_usd", AiderFile.Cost(dearest)),
            ($"cost_breakdown/marginals/0/rows/{DayIndex(after, dearest.Key)}/cost_share", decimal.Round(AiderFile.Cost(dearest) / AiderFile.Cost(after), 6)),
            ("cost_anomaly/flagged_day_count", days.Flagged), ("cost_anomaly/excess_usd", days.Excess));
        Assert.Contains("biggest effect is volume", told.Head, StringComparison.Ordinal);
        Assert.Contains(dearest.Key.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_if_another_model()
    {
        // Calls of the model itself stay as they are; all others cost its price of their day.
        var moved = Priced.Sum(call => call.Model == "gpt-4o-mini" ? call.Cost!.Value : Mini(call));
        var (before, saving) = (AiderFile.Cost(Calls), AiderFile.Cost(Calls) - moved);

        var told = await logs.AskAsync(logs.Aider, "What if we used gpt-4o-mini for everything?");

        told.AssertHead(
            ("what_if/before_usd", before), ("what_if/after_usd", moved), ("what_if/requests", Priced.Count), ("what_if/saving_usd", saving),
            ("what_if/saving_ratio", decimal.Round(saving / before, 6)), ("what_if/saving_usd_per_month", decimal.Round(saving / Days * 30, 9)),
            ("cost_breakdown/totals/requests", Calls.Count), ("cost_breakdown/totals/priced_requests", Priced.Count), ("cost_breakdown/totals/cost_usd", before));
        Assert.Contains("only a test on your own work shows", told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Budget_will_it_hold()
    {
        var last = Calls.Max(call => call.Day);
        var byDay = Calls.ToLookup(call => call.Day);
        var first = Calls.Min(call => call.Day);
        var daily = Enumerable.Range(0, last.DayNumber - first.DayNumber + 1).Select(day => (double)AiderFile.Cost(byDay[first.AddDays(day)])).ToArray();
        var spent = AiderFile.Cost(Month(last.Year, last.Month));
        var rest = ForecastWitness.Of(daily, DateTime.DaysInMonth(last.Year, last.Month) - last.Day);

        var told = await logs.AskAsync(logs.Aider, "Will we stay in a budget of $30?");

        told.AssertHead(
            1e-6m,
            [
                ("budget_burn/budget_usd", 30), ("budget_burn/forecast_usd", spent + (decimal)rest.Sum), ("budget_burn/over_budget_chance", 0),
                ("spend_forecast/month_end/forecast_usd", spent + (decimal)rest.Sum), ("spend_forecast/month_end/low80_usd", spent + (decimal)rest.Low),
                ("spend_forecast/month_end/high80_usd", spent + (decimal)rest.High), .. Totals(),
            ]);
        Assert.StartsWith("**The budget of", told.Head, StringComparison.Ordinal);
        Assert.Contains("will hold", told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anomaly_anything_strange()
    {
        var days = DayWitness.StandingOut(Calls);

        var told = await logs.AskAsync(logs.Aider, "Anything strange?");

        told.AssertHead([.. Reconciled(), ("cost_anomaly/flagged_day_count", days.Flagged), ("cost_anomaly/excess_usd", days.Excess)]);
        Assert.Equal(days.Judged, told.Value("cost_anomaly/days_tested"));
        Assert.Contains(Outliers[0].Model!, told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_spends_most()
    {
        var dearest = Calls.GroupBy(call => call.User).MaxBy(AiderFile.Cost)!;

        var told = await logs.AskAsync(logs.Aider, "Top users");

        told.AssertHead(
        [
            ("cost_breakdown/rows/0/cost_usd", AiderFile.Cost(dearest)), ("cost_breakdown/rows/0/cost_share", decimal.Round(AiderFile.Cost(dearest) / AiderFile.Cost(Calls), 6)), .. Totals(),
        ]);
        Assert.StartsWith($"**`{dearest.Key}` leads", told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Did_it_work_is_not_shown_where_cost_rose()
    {
        var change = ChangeWitness.Of(Calls, new DateOnly(2025, 3, 1));

        var told = await logs.AskAsync(logs.Aider, "Did the change of March 2025 save money?");

        Assert.Contains("A saving is not shown", told.Head, StringComparison.Ordinal);
        Assert.Contains("uncontrolled comparison", told.Head, StringComparison.Ordinal);
        Told.AssertNear("saving_ratio", (decimal)(1 - Math.Exp(change.Log)), told.Value("savings_verification/saving_ratio"), 1e-6m);
        // Two bootstraps of thousands of draws each agree to a few hundredths of their spread.
        AssertLog(change.High, told.Value("savings_verification/interval/low"));
        AssertLog(change.Low, told.Value("savings_verification/interval/high"));
        AssertLog(-2.8016 * change.Error, told.Value("savings_verification/detectable_ratio"));

        void AssertLog(double expected, decimal ratio) => Assert.Equal(expected, Math.Log(1 - (double)ratio), 0.15 * change.Error);
    }

    [Fact]
    public async Task Trust_does_it_match_the_invoice()
    {
        var told = await logs.AskAsync(logs.Aider, "Does it match the invoice?");

        told.AssertHead([.. Reconciled()]);
        Assert.Equal(Priced.Count(call => Math.Abs(call.Recorded - call.Cost!.Value) <= 1e-9m), told.Value("cost_reconcile/exact_rows"));
        Assert.Equal(Priced.Count, told.Value("cost_reconcile/compared_rows"));
    }

    private static decimal Days => Calls.Max(call => call.Day).DayNumber - Calls.Min(call => call.Day).DayNumber + 1;

    private static decimal Mini(AiderFile.Call call)
    {
        var price = DatedPrices.Shared.At("gpt-4o-mini", call.At)!;
        return decimal.Round((call.Input * price.InputAt(call.Input)) + (call.Output * price.OutputAt(call.Input)), 9);
    }

    private static List<AiderFile.Call> Month(int year, int month) => [.. Calls.Where(call => call.At.Year == year && call.At.Month == month)];

    private static int DayIndex(List<AiderFile.Call> calls, DateOnly day) => calls.Select(call => call.Day).Distinct().Order().ToList().IndexOf(day);

    /// <summary>What no price explains, and the worst of it.</summary>
    private static (string Place, decimal Value)[] Reconciled()
    {
        var worst = Outliers.MaxBy(call => call.Recorded)!;
        return
        [
            ("cost_reconcile/classes/6/rows", Outliers.Count), ("cost_reconcile/outlier_excess_usd", Excess), ("cost_reconcile/recorded_usd", Recorded),
            ("cost_reconcile/corrected_recorded_usd", Recorded - Excess), ("cost_reconcile/residuals/0/recorded_usd", worst.Recorded),
            ("cost_reconcile/residuals/0/list_usd", worst.Cost!.Value),
        ];
    }

    internal static (string Place, decimal Value)[] Totals() =>
    [
        ("cost_breakdown/totals/requests", Calls.Count), ("cost_breakdown/totals/priced_requests", Priced.Count), ("cost_breakdown/totals/cost_usd", AiderFile.Cost(Calls)),
        ("cost_breakdown/totals/recorded_usd", Recorded), ("cost_breakdown/totals/outlier_excess_usd", Excess),
        ("cost_breakdown/totals/outlier_requests", Outliers.Count), ("cost_breakdown/totals/corrected_recorded_usd", Recorded - Excess),
    ];
}
