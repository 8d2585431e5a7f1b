using Apex.Agents.Figures;

namespace Apex.Agents.Reports;

/// <summary>Where the spend is heading, and whether a budget will hold.</summary>
internal static class BudgetSection
{
    private const string Burn = "budget_burn";
    private const string Forecast = "spend_forecast";

    public static IReadOnlyList<Prose> Headline(ReportScene scene) => [.. Budget(scene), .. Month(scene)];

    private static IReadOnlyList<Prose> Budget(ReportScene scene)
    {
        if (scene.Find(Burn) is not { } burn || burn.Number("/result/budget_usd") is null)
            return [];
        var write = scene.Writer;
        var budget = write.Dollars(burn, "/result/budget_usd");
        if (burn.Number("/result/forecast_usd") is null)
            return [$"Of the budget of {budget}, {write.Dollars(burn, "/result/spent_usd")} is spent ({write.Share(burn, "/result/spent_of_budget")})."];
        var forecast = write.Dollars(burn, "/result/forecast_usd");
        Prose chance = $"The chance to end over it is {write.Share(burn, "/result/over_budget_chance")}, by the forecast's own errors in the past.";
        return burn.Text("/result/status") switch
        {
            "exhausted" => [$"The budget of {budget} is used up: {write.Dollars(burn, "/result/spent_usd")} is spent, and {forecast} is expected by the end of the period."],
            "over_expected" when burn.Text("/result/exhausted_on") is { } day => [$"The budget of {budget} will not hold: {forecast} is expected, and it is reached on {new Inline(day)}.", chance],
            "over_expected" => [$"The budget of {budget} will hardly hold: {forecast} is expected.", chance],
            "at_risk" => [$"The budget of {budget} is at risk: {forecast} is expected.", chance],
            _ => [$"The budget of {budget} will hold: {forecast} is expected.", chance],
        };
    }

    private static IReadOnlyList<Prose> Month(ReportScene scene)
    {
        if (scene.Find(Forecast) is not { } forecast)
            return [];
        if (FoundSection.Refusal(forecast) is { } refusal)
            return [$"No forecast can be made from this log: {refusal}"];
        return forecast.Text("/result/month_end/month") is { } month
            ? [$"For {new Inline(month)} the forecast is {scene.Writer.Dollars(forecast, "/result/month_end/forecast_usd")}, in four of five cases between {scene.Writer.Dollars(forecast, "/result/month_end/low80_usd")} and {scene.Writer.Dollars(forecast, "/result/month_end/high80_usd")}."]
            : [];
    }
}
