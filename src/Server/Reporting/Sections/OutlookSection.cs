using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>Where the spend is heading, and when the load comes.</summary>
internal static class OutlookSection
{
    private const int MostModels = 8;

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("forecast") is { } forecast && forecast.Result.Text("refusal") is null && forecast.Result.At("month_end") is { } month)
        {
            draft.Section("Where it is heading");
            draft.From(forecast);
            draft.Brief(
                $"{Words.Month(month.Text("month") ?? "")} is forecast at {Words.Dollars(month.Number("forecast_usd"))} "
                + $"({Words.Dollars(month.Number("low80_usd"))} to {Words.Dollars(month.Number("high80_usd"))} in four of five cases).");
            draft.Text(
                $"By {forecast.Result.Text("model")?.Replace('_', ' ')}, the model that erred least when it forecast the past of this log from {Words.Plural(forecast.Result.Number("fit_days"), "day", "days")}.");
            foreach (var chart in EnvelopeCharts.Of(forecast))
                draft.Picture(chart);
        }

        WriteEndings(material, draft);
        if (material.Find("load") is { } load && load.Result.Flag("answered"))
        {
            draft.Section("When the load comes");
            draft.From(load);
            if (load.Result.Items("groups") is [var whole, ..] && whole.Number("peak_requests_per_minute") is { } peak)
                draft.Text(
                    $"The busiest minute held {Words.Plural(peak, "call", "calls")}, {Words.OneDecimal(whole.Number("peak_to_mean"))} times the mean. Hours are UTC.");
            foreach (var chart in EnvelopeCharts.Of(load))
                draft.Picture(chart);
        }
    }

    private static void WriteEndings(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("endings") is not { } endings || endings.Result.Items("models") is not { Count: > 0 } models)
            return;
        draft.Section("Models near their end");
        draft.From(endings);
        draft.Text(
            $"Of the spend {Words.Dollars(endings.Result.Number("exposed_usd"))}, {Words.Share(endings.Result.Number("exposed_share"))}, went to models that end within "
            + $"{Words.Plural(endings.Result.Number("within_days"), "day", "days")} or that the price list no longer has.");
        draft.Grid(
            ["Model", "Ends", ">Cost", ">Last 30 days", "Look first at"],
            models.Take(MostModels).Select(model => (IReadOnlyList<GridCell>)
            [
                model.Text("model") ?? "", model.Text("ends_on") is { } day ? Words.Day(day) : "no longer listed", Words.Dollars(model.Number("cost_usd")),
                Words.Dollars(model.Number("per_month_usd")), model.Items("heirs") is [var heir, ..] ? heir.Text("model") ?? "–" : "–",
            ]));
    }
}
