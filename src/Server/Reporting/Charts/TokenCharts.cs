using System.Globalization;
using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Charts;

/// <summary>How long calls are, which side costs, and what the log holds.</summary>
internal static class TokenCharts
{
    private const int MostGroups = 12;

    public static Chart? Histogram(ResultEnvelope envelope)
    {
        var bounds = envelope.Result.Items("histogram/bounds").Select(bound => bound.GetInt64()).ToList();
        var input = envelope.Result.Items("histogram/input_requests").Select(count => count.GetInt64()).ToList();
        var output = envelope.Result.Items("histogram/output_requests").Select(count => count.GetInt64()).ToList();
        var last = Math.Max(input.FindLastIndex(count => count > 0), output.FindLastIndex(count => count > 0));
        if (last < 1)
            return null;
        var labels = Enumerable.Range(0, last + 1).Select(i => i < bounds.Count
            ? "≤ " + FieldText.Short(bounds[i], "tokens")
            : "> " + FieldText.Short(bounds[^1], "tokens"));
        return EnvelopeCharts.Make(
            envelope, "histogram", ChartKind.Bar, "Calls by length, in tokens", [.. labels],
            [
                new ChartSeries("Prompts", [.. input.Take(last + 1).Select(count => (double?)count)]),
                new ChartSeries("Answers", [.. output.Take(last + 1).Select(count => (double?)count)]),
            ],
            "requests");
    }

    public static Chart? Sides(ResultEnvelope envelope)
    {
        var groups = envelope.Result.Items("groups").Where(group => group.At("cost_sides") is not null).Take(MostGroups).ToList();
        return groups.Count < 2 ? null : EnvelopeCharts.Make(
            envelope, "sides", ChartKind.StackedBar, "Cost of prompts and of answers",
            [.. groups.Select(group => group.At("keys") is { } keys ? string.Join(" · ", keys.EnumerateObject().Select(key => key.Value.ToString())) : "all")],
            [
                new ChartSeries("Prompts", [.. groups.Select(group => group.Number("cost_sides/input_usd"))]),
                new ChartSeries("Answers", [.. groups.Select(group => group.Number("cost_sides/output_usd"))]),
            ],
            "usd");
    }

    public static Chart? Coverage(ResultEnvelope envelope)
    {
        var fields = envelope.Result.Items("coverage").Where(field => field.Number("present_share") > 0).ToList();
        return fields.Count < 2 ? null : EnvelopeCharts.Make(
            envelope, "coverage", ChartKind.Bar, string.Create(CultureInfo.InvariantCulture, $"Rows that have a value, by field ({fields.Count} fields have any)"),
            [.. fields.Select(field => field.Text("field") ?? "")],
            [new ChartSeries("Rows", [.. fields.Select(field => field.Number("present_share"))])], "share");
    }
}
