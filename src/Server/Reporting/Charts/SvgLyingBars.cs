using Apex.Protocol.Reports;

namespace Apex.Server.Reporting.Charts;

/// <summary>Bars from left to right, each with its name before and its value behind it: for names too long to stand below.</summary>
internal static class SvgLyingBars
{
    private const double Row = 24;
    private const double Names = 230;
    private const double Values = 84;
    private const int MostBars = 30;
    private const int LongName = 12;
    private const int ShownCharacters = 34;

    public static bool Suit(Chart chart) =>
        chart.Series.Count == 1 && chart.Labels.Count is > 0 and <= MostBars && chart.Labels.Max(label => label.Length) > LongName
        && chart.Series[0].Values.All(value => value is null or >= 0);

    public static SvgCanvas Draw(Chart chart)
    {
        var canvas = new SvgCanvas(SvgChart.Width, chart.Labels.Count * Row + 6);
        var values = chart.Series[0].Values;
        var most = Math.Max(values.Max() ?? 0, double.Epsilon);
        for (var i = 0; i < chart.Labels.Count; i++)
        {
            var (label, y) = (chart.Labels[i], 3 + i * Row);
            var name = label.Length > ShownCharacters ? label[..(ShownCharacters - 1)] + "…" : label;
            canvas.Text(Names - 10, y + 15, name, "name", "end");
            if (values[i] is not { } value)
                continue;
            var wide = (SvgChart.Width - Names - Values) * value / most;
            canvas.Rectangle(Names, y + 3, Math.Max(1, wide), Row - 8, "s0", $"{label}: {FieldText.Value(value, chart.Unit)}");
            canvas.Text(Names + wide + 8, y + 15, FieldText.Value(value, chart.Unit), "value");
        }

        return canvas;
    }
}
