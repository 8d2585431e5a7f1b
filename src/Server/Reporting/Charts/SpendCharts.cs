using System.Text.Json;
using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Charts;

/// <summary>Where money goes and when.</summary>
internal static class SpendCharts
{
    private const int MostBars = 15;
    private const int MostSeries = 7;
    private const int MostStacks = 60;
    private static readonly string[] Times = ["minute", "hour", "day", "week", "month"];

    /// <summary>Bars by name; over time stacked by the second dimension where there is one.</summary>
    public static Chart? Breakdown(ResultEnvelope envelope)
    {
        var result = envelope.Result;
        var dimensions = result.Items("group_by").Select(name => name.GetString() ?? "").ToList();
        var rows = result.Items("rows");
        if (dimensions.Count == 0 || rows.Count == 0)
            return null;
        var time = dimensions.Find(name => Times.Contains(name));
        if (time is null)
        {
            return EnvelopeCharts.Make(
                envelope, "breakdown", ChartKind.Bar, $"Cost by {Words(dimensions)}",
                [.. rows.Take(MostBars).Select(row => string.Join(" · ", dimensions.Select(name => row.Key(name))))],
                [new ChartSeries("Cost", [.. rows.Take(MostBars).Select(row => row.Number("cost_usd"))])], "usd");
        }

        var split = dimensions.Find(name => name != time && !Times.Contains(name));
        return split is null ? OverTime(envelope, rows, time) : Split(envelope, rows, time, split);
    }

    private static Chart OverTime(ResultEnvelope envelope, IReadOnlyList<JsonElement> rows, string time) => EnvelopeCharts.Make(
        envelope, "time", rows.Count > MostStacks ? ChartKind.Line : ChartKind.Bar, $"Cost by {time}", [.. rows.Select(row => row.Key(time))],
        [new ChartSeries("Cost", [.. rows.Select(row => row.Number("cost_usd"))])], "usd");

    /// <summary>The costliest keys as series, all others together as the last one.</summary>
    private static Chart Split(ResultEnvelope envelope, IReadOnlyList<JsonElement> rows, string time, string split)
    {
        var periods = rows.Select(row => row.Key(time)).Distinct().Order(StringComparer.Ordinal).ToList();
        var totals = rows.GroupBy(row => row.Key(split)).Select(group => (group.Key, Cost: group.Sum(row => row.Number("cost_usd") ?? 0)))
            .Where(group => group.Cost > 0).OrderByDescending(group => group.Cost).ThenBy(group => group.Key, StringComparer.Ordinal).ToList();
        var named = totals.Take(totals.Count > MostSeries + 1 ? MostSeries : MostSeries + 1).Select(group => group.Key).ToList();
        var cells = rows.GroupBy(row => (Period: row.Key(time), Name: named.Contains(row.Key(split)) ? row.Key(split) : null))
            .ToDictionary(group => group.Key, group => group.Sum(row => row.Number("cost_usd") ?? 0));
        var series = named.Select(name => Series(name, name)).ToList();
        if (totals.Count > named.Count)
            series.Add(Series("all others", null));
        return EnvelopeCharts.Make(
            envelope, "time-split", periods.Count > MostStacks ? ChartKind.Line : ChartKind.StackedBar, $"Cost by {time} and {split.Replace('_', ' ')}",
            periods, series, "usd");

        ChartSeries Series(string shown, string? name) =>
            new(shown, [.. periods.Select(period => cells.TryGetValue((period, name), out var cost) ? cost : (double?)null)]);
    }

    /// <summary>Each day's cost beside what days like it cost.</summary>
    public static Chart? Days(ResultEnvelope envelope)
    {
        var days = envelope.Result.Items("series");
        return days.Count < 2 ? null : EnvelopeCharts.Make(
            envelope, "days", ChartKind.Line, "Cost a day, and what days like it cost", [.. days.Select(day => day.Text("day") ?? "")],
            [
                new ChartSeries("Cost", [.. days.Select(day => day.Number("cost_usd"))]),
                new ChartSeries("Expected", [.. days.Select(day => day.Number("baseline_usd"))]),
            ],
            "usd");
    }

    /// <summary>From the cost before to the cost after by what drove the change.</summary>
    public static Chart? Drivers(ResultEnvelope envelope)
    {
        var effects = envelope.Result.Items("effects").Where(effect => effect.Number("change_usd") is not null and not 0).ToList();
        return effects.Count == 0 ? null : EnvelopeCharts.Make(
            envelope, "drivers", ChartKind.Waterfall, "What drove the change in cost",
            ["before", .. effects.Select(effect => (effect.Text("effect") ?? "").Replace('_', ' ')), "after"],
            [
                new ChartSeries("Cost",
                [
                    envelope.Result.Number("before/cost_usd"), .. effects.Select(effect => effect.Number("change_usd")), envelope.Result.Number("after/cost_usd"),
                ]),
            ],
            "usd");
    }

    /// <summary>The days so far, and those to come with the middle of what is expected.</summary>
    public static Chart? Forecast(ResultEnvelope envelope)
    {
        var past = envelope.Result.Items("past");
        var days = envelope.Result.Items("daily");
        if (days.Count == 0)
            return null;
        var blank = Enumerable.Repeat((double?)null, past.Count).ToList();
        return EnvelopeCharts.Make(
            envelope, "forecast", ChartKind.Line, "Cost a day, so far and as forecast",
            [.. past.Concat(days).Select(day => day.Text("day") ?? "")],
            [
                new ChartSeries("Spent", [.. past.Select(day => day.Number("cost_usd")), .. days.Select(_ => (double?)null)]),
                new ChartSeries("Forecast", [.. blank, .. days.Select(day => day.Number("forecast_usd"))]),
            ],
            "usd");
    }

    /// <summary>How much of the cost the dearest few make.</summary>
    public static Chart? Concentration(ResultEnvelope envelope)
    {
        var points = envelope.Result.Items("curve");
        return points.Count < 2 ? AnyChart.Of(envelope) : EnvelopeCharts.Make(
            envelope, "concentration", ChartKind.Line, $"Share of the cost by the dearest, by {envelope.Result.Text("by")?.Replace('_', ' ')}",
            [.. points.Select(point => FieldText.Value(point.Number("count_share") ?? 0, "share"))],
            [new ChartSeries("Share of the cost", [.. points.Select(point => point.Number("cost_share"))])], "share",
            new ChartAxis([.. points.Select(point => point.Number("count_share") ?? 0)], "share", "the dearest so many"));
    }

    private static string Words(IEnumerable<string> dimensions) => string.Join(" and ", dimensions.Select(name => name.Replace('_', ' ')));
}
