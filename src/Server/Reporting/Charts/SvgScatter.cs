using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Charts;

/// <summary>
/// Points at numbers on both axes. The first series is the one that matters: it is joined by a line and its points are named; points
/// of the others stand behind it.
/// </summary>
internal static class SvgScatter
{
    private const double PlotHeight = 270;
    private const double Top = 26;

    public static SvgCanvas Draw(Chart chart)
    {
        var axis = chart.Axis ?? throw new ArgumentException("A scatter needs numbers along x.", nameof(chart));
        var values = chart.Series.SelectMany(series => series.Values).OfType<double>().ToList();
        var marks = Ticks.Linear(values.Count == 0 ? 0 : Math.Min(values.Min(), values.Max() * 0.8), values.Count == 0 ? 1 : values.Max());
        var xMarks = axis.Logarithmic
            ? Ticks.Logarithmic(axis.Positions.Min(), axis.Positions.Max())
            : Ticks.Linear(Math.Min(0, axis.Positions.Min()), axis.Positions.Max());
        var left = marks.Max(mark => FieldText.Short(mark, chart.Unit).Length) * 6.6 + 12;
        var inner = SvgChart.Width - left - 16;
        var canvas = new SvgCanvas(SvgChart.Width, Top + PlotHeight + 42);
        double Y(double value) => Top + PlotHeight * (1 - (value - marks[0]) / (marks[^1] - marks[0]));
        double Scaled(double at) => axis.Logarithmic ? Math.Log10(at) : at;
        double X(double at) => left + inner * (Scaled(at) - Scaled(xMarks[0])) / (Scaled(xMarks[^1]) - Scaled(xMarks[0]));

        foreach (var mark in marks)
        {
            canvas.Line(left, Y(mark), left + inner, Y(mark), "grid");
            canvas.Text(left - 8, Y(mark) + 4, FieldText.Short(mark, chart.Unit), anchor: "end");
        }

        foreach (var mark in xMarks)
        {
            canvas.Line(X(mark), Top, X(mark), Top + PlotHeight, "grid");
            canvas.Text(X(mark), Top + PlotHeight + 18, FieldText.Short(mark, axis.Unit), anchor: "middle");
        }

        canvas.Text(left + inner, Top + PlotHeight + 36, axis.Title, anchor: "end");
        for (var s = 0; s < chart.Series.Count; s++)
        {
            canvas.Circle(left + 6 + s * 150, 9, 4.5, s == 0 ? "s0" : "s7 dim");
            canvas.Text(left + 16 + s * 150, 13, chart.Series[s].Name);
        }

        for (var s = chart.Series.Count - 1; s > 0; s--)
            DrawPoints(canvas, chart, axis, s, X, Y);
        DrawFront(canvas, chart, axis, X, Y);
        return canvas;
    }

    private static void DrawPoints(SvgCanvas canvas, Chart chart, ChartAxis axis, int series, Func<double, double> x, Func<double, double> y)
    {
        for (var i = 0; i < chart.Labels.Count; i++)
            if (chart.Series[series].Values[i] is { } value)
                canvas.Circle(x(axis.Positions[i]), y(value), 4, "s7 dim", Told(chart, axis, i, value));
    }

    private static void DrawFront(SvgCanvas canvas, Chart chart, ChartAxis axis, Func<double, double> x, Func<double, double> y)
    {
        var points = Enumerable.Range(0, chart.Labels.Count).Where(i => chart.Series[0].Values[i] is not null)
            .Select(i => (Index: i, X: x(axis.Positions[i]), Y: y(chart.Series[0].Values[i]!.Value))) // null was filtered out
            .OrderBy(point => point.X).ToList();
        for (var i = 1; i < points.Count; i++)
            canvas.Line(points[i - 1].X, points[i - 1].Y, points[i].X, points[i].Y, "link");
        foreach (var point in points)
        {
            var value = chart.Series[0].Values[point.Index]!.Value;
            canvas.Circle(point.X, point.Y, 5, "s0", Told(chart, axis, point.Index, value));
            var toLeft = point.X > SvgChart.Width * 0.7;
            canvas.Text(point.X + (toLeft ? -9 : 9), point.Y - 7, Cut(chart.Labels[point.Index]), "name", toLeft ? "end" : "start");
        }
    }

    private static string Told(Chart chart, ChartAxis axis, int index, double value) =>
        $"{chart.Labels[index]}: {FieldText.Value(value, chart.Unit)} at {FieldText.Value(axis.Positions[index], axis.Unit)}";

    private static string Cut(string name) => name.Length > 30 ? name[..29] + "…" : name;
}
