using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Charts;

/// <summary>Models beside each other.</summary>
internal static class ModelCharts
{
    /// <summary>Quality over cost: those nobody beats as the first series, the others behind them.</summary>
    public static Chart? Pareto(ResultEnvelope envelope)
    {
        var front = envelope.Result.Items("frontier");
        var beaten = envelope.Result.Items("dominated").Select(other => other.At("candidate")).OfType<System.Text.Json.JsonElement>().ToList();
        var all = front.Concat(beaten).Where(one => one.Number("cost_usd") > 0 && one.Number("quality") is not null).ToList();
        if (all.Count < 2)
            return null;
        var winners = front.Count(one => one.Number("cost_usd") > 0 && one.Number("quality") is not null);
        var costs = all.Select(one => one.Number("cost_usd") ?? 0).ToList();
        return EnvelopeCharts.Make(
            envelope, "pareto", ChartKind.Scatter, "Quality over cost", [.. all.Select(one => one.Text("name") ?? "")],
            [
                new ChartSeries("nobody beats", [.. all.Select((one, i) => i < winners ? one.Number("quality") : null)]),
                new ChartSeries("beaten by another", [.. all.Select((one, i) => i < winners ? null : one.Number("quality"))]),
            ],
            "count", new ChartAxis(costs, "usd", "cost", Logarithmic: costs.Max() > 20 * costs.Min()));
    }
}
