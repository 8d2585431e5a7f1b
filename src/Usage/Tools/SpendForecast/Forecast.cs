namespace Apex.Usage.Tools.SpendForecast;

/// <summary>The model that did best on the past, and what it says of the days to come.</summary>
/// <param name="Tests">Every candidate's test, the least error first.</param>
internal sealed record Forecast(DateOnly FirstDay, IReadOnlyList<double> Daily, Backtest Chosen, IReadOnlyList<Backtest> Tests)
{
    /// <returns>Null where the past is too short to test a forecast on.</returns>
    public static Forecast? Of(DateOnly firstDay, double[] past, int days)
    {
        if (past.Length < Backtest.FewestDays)
            return null;
        var tests = ForecastModel.All.Select(model => (Model: model, Test: Backtest.Of(model, past)))
            .OrderBy(pair => pair.Test.Mase).ToList();
        var (best, chosen) = tests[0];
        return new Forecast(firstDay, best.Continue(past, days), chosen, tests.Select(pair => pair.Test).ToList());
    }

    /// <summary>Sum of the first days, with bands from the errors the model made on the past.</summary>
    public SpendBand Sum(int days)
    {
        if (days <= 0)
            return new SpendBand(0, 0, 0, 0, 0);
        var sum = Daily.Take(days).Sum();
        double At(double p) => Math.Max(0, sum + Chosen.ErrorAt(p, days));
        return new SpendBand(sum, Math.Min(sum, At(0.1)), Math.Max(sum, At(0.9)), Math.Min(sum, At(0.025)), Math.Max(sum, At(0.975)));
    }

    /// <summary>How likely the first days cost at least so much.</summary>
    public double ChanceOfAtLeast(double usd, int days) =>
        days <= 0 ? (usd <= 0 ? 1 : 0) : Chosen.ShareAbove(usd - Daily.Take(days).Sum(), days);
}

internal readonly record struct SpendBand(double Usd, double Low80, double High80, double Low95, double High95);
