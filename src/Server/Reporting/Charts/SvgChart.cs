using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Charts;

/// <summary>Draws a chart as SVG, for readers without a page: exported reports.</summary>
internal static class SvgChart
{
    /// <summary>Width of the picture's own units; the picture scales to where it stands.</summary>
    public const double Width = 760;

    public static string Draw(Chart chart) => Canvas(chart).Finish(Spoken(chart));

    /// <summary>As a file of its own.</summary>
    public static string DrawAlone(Chart chart) => Canvas(chart).FinishAlone(Spoken(chart));

    private static SvgCanvas Canvas(Chart chart) => chart.Kind switch
    {
        ChartKind.Waterfall => SvgWaterfall.Draw(chart),
        ChartKind.HeatMap => SvgHeatMap.Draw(chart),
        ChartKind.Scatter when chart.Axis is not null => SvgScatter.Draw(chart),
        ChartKind.Bar when SvgLyingBars.Suit(chart) => SvgLyingBars.Draw(chart),
        _ => SvgPlot.Draw(chart),
    };

    private static string Spoken(Chart chart) => chart.Series.Count == 1
        ? $"{chart.Title}: {chart.Labels.Count} values, in the table below"
        : $"{chart.Title}: {string.Join(", ", chart.Series.Select(series => series.Name))}, in the table below";
}
