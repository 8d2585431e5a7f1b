using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Charts;

/// <summary>A grid whose colour is as strong as its value; beneath it what weakest and strongest mean.</summary>
internal static class SvgHeatMap
{
    private const double CellHeight = 24;
    private const double Top = 6;

    public static SvgCanvas Draw(Chart chart)
    {
        var left = chart.Series.Max(series => series.Name.Length) * 6.8 + 16;
        var wide = (SvgChart.Width - left - 4) / Math.Max(1, chart.Labels.Count);
        var most = Math.Max(chart.Series.SelectMany(series => series.Values).Max() ?? 0, double.Epsilon);
        var bottom = Top + chart.Series.Count * CellHeight;
        var canvas = new SvgCanvas(SvgChart.Width, bottom + 46);
        for (var row = 0; row < chart.Series.Count; row++)
        {
            var series = chart.Series[row];
            canvas.Text(left - 10, Top + row * CellHeight + 16, series.Name, "name", "end");
            for (var column = 0; column < chart.Labels.Count; column++)
            {
                var (x, y) = (left + column * wide, Top + row * CellHeight);
                if (series.Values[column] is not { } value || value <= 0)
                {
                    canvas.Rectangle(x + 1, y + 1, wide - 2, CellHeight - 2, "cell", $"{series.Name} {chart.Labels[column]}: none");
                    continue;
                }

                // The weakest value still shows: an empty hour and a quiet one are not the same.
                canvas.Rectangle(
                    x + 1, y + 1, wide - 2, CellHeight - 2, "heat", $"{series.Name} {chart.Labels[column]}: {FieldText.Value(value, chart.Unit)}",
                    0.1 + 0.9 * value / most);
            }
        }

        var every = Math.Max(1, (int)Math.Ceiling(chart.Labels.Max(label => label.Length) * 7.2 / wide));
        for (var column = 0; column < chart.Labels.Count; column += every)
            canvas.Text(left + column * wide + wide / 2, bottom + 15, chart.Labels[column], anchor: "middle");
        DrawScale(canvas, left, bottom + 28, most, chart.Unit);
        return canvas;
    }

    private static void DrawScale(SvgCanvas canvas, double left, double y, double most, string unit)
    {
        const int Steps = 8;
        canvas.Text(left, y + 10, "less");
        for (var step = 0; step < Steps; step++)
            canvas.Rectangle(left + 30 + step * 16, y, 15, 12, "heat", opacity: 0.1 + 0.9 * (step + 1) / Steps);
        canvas.Text(left + 36 + Steps * 16, y + 10, "more, at most " + FieldText.Value(most, unit));
    }
}
