using System.Xml.Linq;
using Apex.Protocol.Reports;
using Apex.Server.Reporting.Charts;

namespace Apex.Server.Tests.Reporting;

public sealed class SvgChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static TheoryData<ChartKind> Kinds => [.. Enum.GetValues<ChartKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_draws_well_formed_shapes_inside_its_frame(ChartKind kind)
    {
        var picture = Draw(Some(kind, ["Jan", "Feb", "<Mar> & \"co\""], [4, -1, 3]));

        Assert.NotEmpty(Shapes(picture));
        var size = picture.Attribute("viewBox")!.Value.Split(' ').Select(double.Parse).ToArray();
        Assert.All(picture.Descendants(Svg + "rect"), rectangle =>
        {
            Assert.InRange((double)rectangle.Attribute("x")!, -1, size[2]);
            Assert.InRange((double)rectangle.Attribute("y")! + (double)rectangle.Attribute("height")!, -1, size[3] + 1);
        });
    }

    [Fact]
    public void A_waterfall_leads_from_its_first_level_to_its_last()
    {
        var picture = Draw(Some(ChartKind.Waterfall, ["before", "volume", "price", "after"], [100, 50, -30, 120]));
        var bars = picture.Descendants(Svg + "rect").ToDictionary(bar => bar.Element(Svg + "title")!.Value.Split(':')[0]);
        double Top(string name) => (double)bars[name].Attribute("y")!;
        double Bottom(string name) => Top(name) + (double)bars[name].Attribute("height")!;

        Assert.Equal("level", (string?)bars["before"].Attribute("class"));
        Assert.Equal("up", (string?)bars["volume"].Attribute("class"));
        Assert.Equal("down", (string?)bars["price"].Attribute("class"));
        Assert.Equal(Top("before"), Bottom("volume"), 0.1);
        Assert.Equal(Top("volume"), Top("price"), 0.1);
        Assert.Equal(Bottom("price"), Top("after"), 0.1);
    }

    [Fact]
    public void Small_changes_between_high_levels_are_shown_large_and_the_picture_says_where_its_axis_begins()
    {
        var picture = Draw(Some(ChartKind.Waterfall, ["before", "mix", "price", "after"], [934, -36, -4, 894]));
        var mix = picture.Descendants(Svg + "rect").Single(bar => bar.Element(Svg + "title")!.Value.StartsWith("mix", StringComparison.Ordinal));

        Assert.True((double)mix.Attribute("height")! > 40);
        Assert.Contains(picture.Descendants(Svg + "text"), text => text.Value.StartsWith("The axis begins at $8", StringComparison.Ordinal));
    }

    [Fact]
    public void A_heat_map_shows_an_empty_cell_apart_from_a_weak_one()
    {
        var chart = new Chart(
            "c", ChartKind.HeatMap, "Load", ["00", "01"],
            [new ChartSeries("Monday", [0, 1]), new ChartSeries("Tuesday", [100, null])], "count", "q");

        var picture = Draw(chart);

        Assert.Equal(2, picture.Descendants(Svg + "rect").Count(cell => (string?)cell.Attribute("class") == "cell"));
        var strengths = picture.Descendants(Svg + "rect").Where(cell => cell.Element(Svg + "title") is not null && cell.Attribute("fill-opacity") is not null)
            .Select(cell => (double)cell.Attribute("fill-opacity")!).ToList();
        Assert.True(strengths[0] < strengths[1]);
        Assert.True(strengths[0] > 0);
    }

    [Fact]
    public void A_curve_over_a_logarithmic_axis_puts_equal_ratios_at_equal_distances()
    {
        var chart = Some(ChartKind.Line, ["1", "10", "100"], [0.1, 0.2, 0.4]) with
        {
            Axis = new ChartAxis([1, 10, 100], "tokens", "size", Logarithmic: true),
        };

        var line = Draw(chart).Descendants(Svg + "path").Single(path => ((string?)path.Attribute("class"))!.StartsWith("line", StringComparison.Ordinal));
        var x = ((string)line.Attribute("d")!).Split('M', 'L').Skip(1).Select(point => double.Parse(point.Split(' ')[0])).ToList();

        Assert.Equal(x[1] - x[0], x[2] - x[1], 0.2);
    }

    private static Chart Some(ChartKind kind, string[] labels, double?[] values) => new(
        "chart-1", kind, "A <chart> & more", labels, [new ChartSeries("cost", values)], "usd", "q-1",
        kind == ChartKind.Scatter ? new ChartAxis([.. Enumerable.Range(1, labels.Length).Select(i => (double)i)], "usd", "cost") : null);

    private static XElement Draw(Chart chart) => XElement.Parse(SvgChart.Draw(chart));

    private static IEnumerable<XElement> Shapes(XElement picture) =>
        picture.Descendants().Where(shape => shape.Name.LocalName is "rect" or "circle" or "path");
}
