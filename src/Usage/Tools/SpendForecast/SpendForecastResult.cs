namespace Apex.Usage.Tools.SpendForecast;

/// <summary>What <c>spend_forecast</c> found.</summary>
/// <param name="Refusal">Why there is no forecast; null when there is.</param>
/// <param name="FitDays">Whole days the models were fitted to.</param>
/// <param name="MonthEnd">Spent so far and forecast to the end of the month the log stands in; from its last day on, of the next.</param>
/// <param name="Models">Every candidate's test, the least error first; the first one is used.</param>
/// <param name="Daily">Each day, and the running sum with its bands.</param>
internal sealed record SpendForecastResult(
    string? Refusal,
    string? LastDay,
    int FitDays,
    string? Model,
    MonthForecast? MonthEnd,
    SumForecast? Horizon,
    IReadOnlyList<ModelTest> Models,
    IReadOnlyList<ForecastDay> Daily,
    IReadOnlyList<SpentDay> Past);

internal sealed record MonthForecast(
    string Month, decimal SpentUsd, decimal RestUsd, decimal ForecastUsd, decimal Low80Usd, decimal High80Usd, decimal Low95Usd,
    decimal High95Usd);

internal sealed record SumForecast(
    int Days, string From, string To, decimal ForecastUsd, decimal Low80Usd, decimal High80Usd, decimal Low95Usd, decimal High95Usd);

/// <param name="Mase">Mean absolute error by day, 1 being that of taking last week's same day.</param>
/// <param name="BiasUsd">Mean of forecast less truth over the tested horizon.</param>
internal sealed record ModelTest(string Model, int Origins, int HorizonDays, double? Mase, decimal BiasUsd);

internal sealed record ForecastDay(
    string Day, decimal ForecastUsd, decimal RunningUsd, decimal Low80Usd, decimal High80Usd, decimal Low95Usd, decimal High95Usd);

internal sealed record SpentDay(string Day, decimal CostUsd);
