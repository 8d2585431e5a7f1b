using System.Globalization;
using System.Text;

namespace Apex.Server.Operations.Metrics;

/// <summary>Writes figures in Prometheus' text format, version 0.0.4.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    public void Write(InstrumentSeries instrument)
    {
        var series = instrument.All.ToArray();
        if (series.Length == 0)
            return;

        Head(instrument.Name, instrument.Description, TypeOf(instrument));
        foreach (var one in series)
        {
            if (instrument.Bounds is { } bounds)
                WriteDistribution(instrument.Name, one, bounds);
            else
                Line(instrument.Name, one.Labels, one.Value);
        }
    }

    /// <param name="type">counter or gauge.</param>
    /// <param name="lines">With labels as <c>key="value"</c>; empty for none.</param>
    public void Write(string name, string help, string type, params ReadOnlySpan<(string Labels, double Value)> lines)
    {
        Head(name, help, type);
        foreach (var (labels, value) in lines)
            Line(name, labels, value);
    }

    public override string ToString() => _text.ToString();

    private void WriteDistribution(string name, Series series, double[] bounds)
    {
        var (cumulative, sum, count) = series.Distribution();
        var labels = series.Labels.Length == 0 ? "" : series.Labels + ",";
        for (var i = 0; i < cumulative.Length; i++)
        {
            var bound = i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            Line(name + "_bucket", $"{labels}le=\"{bound}\"", cumulative[i]);
        }

        Line(name + "_sum", series.Labels, sum);
        Line(name + "_count", series.Labels, count);
    }

    private void Head(string name, string help, string type) => _text
        .Append("# HELP ").Append(name).Append(' ').Append(help.ReplaceLineEndings(" ")).Append('\n')
        .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private void Line(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
            _text.Append('{').Append(labels).Append('}');
        _text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string TypeOf(InstrumentSeries instrument) =>
        instrument.Bounds is not null ? "histogram" : instrument.IsMonotonic ? "counter" : "gauge";
}
