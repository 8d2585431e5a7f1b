using System.Globalization;
using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>Where the spend is heading, and which models end.</summary>
internal static class OutlookSection
{
    private const int MostModels = 8;
    private static readonly TimeSpan StillRunning = TimeSpan.FromDays(7);

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("forecast") is { } forecast && forecast.Result.Text("refusal") is null && forecast.Result.At("month_end") is { } month)
        {
            draft.Section("Where it is heading");
            draft.From(forecast);
            if (Ended(forecast.Window?.To, draft).Length == 0)
                draft.Brief(
                    $"{Words.Month(month.Text("month") ?? "")} is forecast at {Words.Dollars(month.Number("forecast_usd"))} "
                    + $"({Words.Dollars(month.Number("low80_usd"))} to {Words.Dollars(month.Number("high80_usd"))} in four of five cases).");
            draft.Text(
                $"{Ended(forecast.Window?.To, draft)}Computed by the method that erred least when tried on this log's own past ({forecast.Result.Text("model")?.Replace('_', ' ')}), "
                + $"from {Words.Plural(forecast.Result.Number("fit_days"), "day", "days")}. It holds while things go on as they did.");
            foreach (var chart in EnvelopeCharts.Of(forecast))
                draft.Picture(chart);
        }

        WriteEndings(material, draft);
    }

    /// <summary>Said of a log that stopped: a forecast of months gone by would puzzle.</summary>
    private static string Ended(DateTimeOffset? end, ReportDraft draft) => end is { } last && draft.MadeAt - last > StillRunning
        ? $"The log ends on {last.AddTicks(-1).UtcDateTime.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)}, {Words.Plural(Math.Floor((draft.MadeAt - last).TotalDays), "day", "days")} before this report was made; the outlook starts there. "
        : "";

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
                model.Text("model") ?? "", model.Text("ends_on") is { } day ? Words.Day(day) : "no longer listed", Words.Money(model.Number("cost_usd")),
                Words.Money(model.Number("per_month_usd")), model.Items("heirs") is [var heir, ..] ? heir.Text("model") ?? "–" : "–",
            ]));
    }
}
