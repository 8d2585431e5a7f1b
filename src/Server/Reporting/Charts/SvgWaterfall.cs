using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Charts;

/// <summary>From one level to the next by the changes between: what pushed the cost up stands against what pulled it down.</summary>
internal static class SvgWaterfall
{
    private const double PlotHeight = 220;
    private const double Top = 24;
    private const int LineCharacters = 15;

    public static SvgCanvas Draw(Chart chart)
    {
        var values = chart.Series[0].Values.Select(value => value ?? 0).ToList();
        var steps = Steps(values);
        var marks = Ticks.Linear(Bottom(values), steps.Max(step => Math.Max(step.From, step.To)));
        var left = marks.Max(mark => FieldText.Short(mark, chart.Unit).Length) * 6.6 + 12;
        var inner = SvgChart.Width - left - 8;
        var band = inner / values.Count;
        var canvas = new SvgCanvas(SvgChart.Width, Top + PlotHeight + 40);
        double Y(double value) => Top + PlotHeight * (1 - (value - marks[0]) / (marks[^1] - marks[0]));

        foreach (var mark in marks)
        {
            canvas.Line(left, Y(mark), left + inner, Y(mark), mark == 0 ? "axis" : "grid");
            canvas.Text(left - 8, Y(mark) + 4, FieldText.Short(mark, chart.Unit), anchor: "end");
        }

        if (marks[0] > 0)
            canvas.Text(left, 12, $"The axis begins at {FieldText.Short(marks[0], chart.Unit)}.");
        for (var i = 0; i < values.Count; i++)
        {
            var (from, to) = (Math.Max(marks[0], steps[i].From), steps[i].To);
            var isLevel = i == 0 || i == values.Count - 1;
            var wide = Math.Min(70, band * 0.66);
            var x = left + band * i + (band - wide) / 2;
            var style = isLevel ? "level" : to >= from ? "up" : "down";
            var text = (isLevel || values[i] < 0 ? "" : "+") + FieldText.Value(values[i], chart.Unit);
            canvas.Rectangle(x, Y(Math.Max(from, to)), wide, Math.Max(1.5, Math.Abs(Y(from) - Y(to))), style, $"{chart.Labels[i]}: {text}");
            canvas.Text(x + wide / 2, Y(Math.Max(from, to)) - 6, text, "value", "middle");
            if (i < values.Count - 1)
                canvas.Line(x + wide, Y(to), left + band * (i + 1) + (band - wide) / 2, Y(to), "link");
            var lines = Wrap(chart.Labels[i]);
            for (var line = 0; line < lines.Count; line++)
                canvas.Text(left + band * (i + 0.5), Top + PlotHeight + 17 + line * 14, lines[line], "name", "middle");
        }

        return canvas;
    }

    /// <summary>
    /// Zero, unless the changes are so small beside the levels that they would be hairs: then the axis begins below the lowest level, and
    /// the picture says so.
    /// </summary>
    private static double Bottom(List<double> values)
    {
        var levels = new List<double> { values[0], values[^1] };
        for (var i = 1; i < values.Count - 1; i++)
            levels.Add((i == 1 ? values[0] : levels[^1]) + values[i]);
        var (low, high) = (levels.Min(), levels.Max());
        return low > 0 && high > low && low - (high - low) > 0.4 * high ? low - (high - low) * 0.5 : Math.Min(0, low);
    }

    private static List<(double From, double To)> Steps(List<double> values)
    {
        var steps = new List<(double, double)>();
        var level = 0d;
        for (var i = 0; i < values.Count; i++)
        {
            var isLevel = i == 0 || i == values.Count - 1;
            steps.Add(isLevel ? (0, values[i]) : (level, level + values[i]));
            level = isLevel ? values[i] : level + values[i];
        }

        return steps;
    }

    private static List<string> Wrap(string label)
    {
        if (label.Length <= LineCharacters || label.IndexOf(' ', StringComparison.Ordinal) < 0)
            return [Cut(label)];
        var middle = label.Length / 2;
        var (before, after) = (label.LastIndexOf(' ', middle), label.IndexOf(' ', middle));
        var at = before < 0 || (after >= 0 && after - middle < middle - before) ? after : before;
        return [Cut(label[..at]), Cut(label[(at + 1)..])];
    }

    private static string Cut(string text) => text.Length > LineCharacters + 3 ? text[..(LineCharacters + 2)] + "…" : text;
}
