using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Charts;

/// <summary>
/// The pictures of a tool's result: those a tool is known for, or, for any other, its first table with names and numbers. Charts
/// hold values of the envelope alone, in its order and units.
/// </summary>
internal static class EnvelopeCharts
{
    public static IReadOnlyList<Chart> Of(ResultEnvelope envelope)
    {
        Chart?[] known = envelope.Tool switch
        {
            "cost_breakdown" => [SpendCharts.Breakdown(envelope)],
            "cost_anomaly" => [SpendCharts.Days(envelope)],
            "token_distribution" => [TokenCharts.Histogram(envelope), TokenCharts.Sides(envelope)],
            "prefix_cache_sim" => [CacheCharts.Capacity(envelope), CacheCharts.Gaps(envelope)],
            "exact_cache_sim" => [CacheCharts.Answers(envelope)],
            "cost_drivers" => [SpendCharts.Drivers(envelope)],
            "spend_forecast" => [SpendCharts.Forecast(envelope)],
            "concentration" => [SpendCharts.Concentration(envelope)],
            "burstiness" => [LoadCharts.Week(envelope)],
            "pareto" => [ModelCharts.Pareto(envelope)],
            "data_quality" => [TokenCharts.Coverage(envelope)],
            _ => [AnyChart.Of(envelope)],
        };
        return [.. known.OfType<Chart>().Where(chart => chart.Labels.Count > 1 && chart.Series.Count > 0)];
    }

    /// <param name="name">What tells it from the envelope's other pictures.</param>
    public static Chart Make(
        ResultEnvelope envelope, string name, ChartKind kind, string title, IReadOnlyList<string> labels, IReadOnlyList<ChartSeries> series,
        string unit, ChartAxis? axis = null) =>
        new($"chart-{name}", kind, title, labels, series, unit, envelope.Evidence.QueryId, axis);
}
