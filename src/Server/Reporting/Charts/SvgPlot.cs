using System.Globalization;
using System.Text;
using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Charts;

/// <summary>Lines, bars and stacks over an axis from left to right, with a legend above where there is more than one series.</summary>
internal sealed class SvgPlot
{
    private const double PlotHeight = 230;
    private const double LegendLine = 18;
    private const int Colours = 8;

    private readonly Chart _chart;
    private readonly SvgCanvas _canvas;
    private readonly IReadOnlyList<double> _marks;
    private readonly double _left;
    private readonly double _top;
    private readonly double _inner;

    private SvgPlot(Chart chart)
    {
        _chart = chart;
        var (low, high) = Extent(chart);
        _marks = Ticks.Linear(low, high);
        _left = _marks.Max(mark => FieldText.Short(mark, chart.Unit).Length) * 6.6 + 12;
        _inner = SvgChart.Width - _left - 14;
        var legend = Legend();
        _top = 10 + legend.Count * LegendLine;
        _canvas = new SvgCanvas(SvgChart.Width, _top + PlotHeight + (chart.Axis is null ? 26 : 42));
        for (var line = 0; line < legend.Count; line++)
            foreach (var (x, index) in legend[line])
            {
                _canvas.Rectangle(x, 2 + line * LegendLine, 9, 9, Colour(index));
                _canvas.Text(x + 14, 11 + line * LegendLine, chart.Series[index].Name);
            }
    }

    public static SvgCanvas Draw(Chart chart)
    {
        var plot = new SvgPlot(chart);
        plot.DrawAxes();
        switch (chart.Kind)
        {
            case ChartKind.Line:
                plot.DrawLines();
                break;
            case ChartKind.StackedBar:
                plot.DrawStacks();
                break;
            case ChartKind.Scatter:
                plot.DrawDots();
                break;
            default:
                plot.DrawBars();
                break;
        }

        return plot._canvas;
    }

    private double Band => _inner / Math.Max(1, _chart.Labels.Count);

    private double X(int index)
    {
        if (_chart.Axis is not { } axis || axis.Positions.Count < 2)
            return _left + Band * (index + 0.5);
        var (low, high) = (axis.Positions.Min(), axis.Positions.Max());
        var at = axis.Positions[index];
        return axis.Logarithmic
            ? _left + _inner * (Math.Log10(at) - Math.Log10(low)) / (Math.Log10(high) - Math.Log10(low))
            : _left + _inner * (at - low) / (high - low);
    }

    private double Y(double value) => _top + PlotHeight * (1 - (value - _marks[0]) / (_marks[^1] - _marks[0]));

    private void DrawAxes()
    {
        foreach (var mark in _marks)
        {
            _canvas.Line(_left, Y(mark), _left + _inner, Y(mark), mark == 0 ? "axis" : "grid");
            _canvas.Text(_left - 8, Y(mark) + 4, FieldText.Short(mark, _chart.Unit), anchor: "end");
        }

        var widest = Math.Max(1, _chart.Labels.Count == 0 ? 1 : _chart.Labels.Max(label => label.Length)) * 6.4 + 10;
        var lastEnd = double.NegativeInfinity;
        for (var i = 0; i < _chart.Labels.Count; i++)
        {
            var text = _chart.Axis is { } axis ? FieldText.Short(axis.Positions[i], axis.Unit) : _chart.Labels[i];
            var x = Math.Clamp(X(i), _left + 4, _left + _inner - 4);
            var half = _chart.Axis is null ? widest / 2 : text.Length * 3.4 + 4;
            var anchor = i == 0 && _chart.Axis is not null ? "start" : x + half > SvgChart.Width ? "end" : "middle";
            if ((anchor == "end" ? x - 2 * half : x - half) < lastEnd)
                continue;
            lastEnd = anchor == "start" ? x + 2 * half : x + half;
            _canvas.Text(x, _top + PlotHeight + 18, text, anchor: anchor);
        }

        if (_chart.Axis is { } titled)
            _canvas.Text(_left + _inner, _top + PlotHeight + 35, titled.Title, anchor: "end");
    }

    private void DrawLines()
    {
        for (var s = 0; s < _chart.Series.Count; s++)
        {
            var values = _chart.Series[s].Values;
            var path = new StringBuilder();
            var drawing = false;
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i] is not { } value)
                {
                    drawing = false;
                    continue;
                }

                path.Append(CultureInfo.InvariantCulture, $"{(drawing ? 'L' : 'M')}{X(i):0.#} {Y(value):0.#}");
                // A point with nothing on either side: a line would not show it.
                if (!drawing && (i + 1 == values.Count || values[i + 1] is null))
                    _canvas.Circle(X(i), Y(value), 2.2, Colour(s), Told(s, i, value));
                drawing = true;
            }

            if (_chart.Series.Count == 1 && values.Count > 1 && values.All(value => value is not null))
                _canvas.Path($"{path}L{Text(X(values.Count - 1))} {Text(Y(Math.Max(0, _marks[0])))}L{Text(X(0))} {Text(Y(Math.Max(0, _marks[0])))}Z", "area " + Colour(s));
            _canvas.Path(path.ToString(), "line " + Colour(s));
        }
    }

    private void DrawDots() => ForEachValue((s, i, value) => _canvas.Circle(X(i), Y(value), 3.2, Colour(s), Told(s, i, value)));

    private void DrawBars()
    {
        var gap = _chart.Kind == ChartKind.Histogram ? Math.Min(1, Band * 0.1) : Math.Min(12, Band * 0.28);
        var each = Math.Min(64, (Band - gap) / _chart.Series.Count);
        ForEachValue((s, i, value) => _canvas.Rectangle(
            X(i) - each * _chart.Series.Count / 2 + s * each, Math.Min(Y(value), Y(0)), each - (_chart.Series.Count > 1 ? 1 : 0),
            Math.Abs(Y(value) - Y(0)), Colour(s), Told(s, i, value)));
    }

    private void DrawStacks()
    {
        var width = Math.Min(56, Band - Math.Min(12, Band * 0.28));
        var above = new double[_chart.Labels.Count];
        var below = new double[_chart.Labels.Count];
        ForEachValue((s, i, value) =>
        {
            var stack = value > 0 ? above : below;
            var (from, to) = (stack[i], stack[i] + value);
            stack[i] = to;
            _canvas.Rectangle(X(i) - width / 2, Y(Math.Max(from, to)), width, Math.Abs(Y(from) - Y(to)), Colour(s), Told(s, i, value));
        });
    }

    private void ForEachValue(Action<int, int, double> draw)
    {
        for (var s = 0; s < _chart.Series.Count; s++)
            for (var i = 0; i < _chart.Series[s].Values.Count; i++)
                if (_chart.Series[s].Values[i] is { } value && value != 0)
                    draw(s, i, value);
    }

    private string Told(int series, int index, double value) =>
        $"{_chart.Labels[index]}{(_chart.Series.Count > 1 ? " · " + _chart.Series[series].Name : "")}: {FieldText.Value(value, _chart.Unit)}";

    /// <summary>Places of the legend's entries, line by line; nothing for a single series.</summary>
    private List<List<(double X, int Series)>> Legend()
    {
        var lines = new List<List<(double, int)>>();
        if (_chart.Series.Count < 2)
            return lines;
        var x = double.PositiveInfinity;
        for (var s = 0; s < _chart.Series.Count; s++)
        {
            var wide = _chart.Series[s].Name.Length * 6.6 + 34;
            if (x + wide > SvgChart.Width)
            {
                lines.Add([]);
                x = 4;
            }

            lines[^1].Add((x, s));
            x += wide;
        }

        return lines;
    }

    private static (double Low, double High) Extent(Chart chart)
    {
        var (low, high) = (0d, 0d);
        for (var i = 0; i < chart.Labels.Count; i++)
        {
            var values = chart.Series.Select(series => i < series.Values.Count ? series.Values[i] ?? 0 : 0).ToList();
            high = Math.Max(high, chart.Kind == ChartKind.StackedBar ? values.Where(value => value > 0).Sum() : values.Max());
            low = Math.Min(low, chart.Kind == ChartKind.StackedBar ? values.Where(value => value < 0).Sum() : values.Min());
        }

        return (low, high);
    }

    private static string Colour(int series) => string.Create(CultureInfo.InvariantCulture, $"s{series % Colours}");

    private static string Text(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
