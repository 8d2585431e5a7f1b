using System.Text.Json;
using Apex.Protocol.Reports;
using Apex.Server.Reporting.Charts;
using Apex.Usage.Tools;

namespace Apex.Server.Tests.Reporting;

public sealed class EnvelopeChartsTests
{
    [Fact]
    public void The_load_of_a_week_is_a_heat_map_of_seven_days_by_twenty_four_hours()
    {
        var chart = Assert.Single(EnvelopeCharts.Of(Envelope(
            "burstiness", """{"answered":true,"heat_map":[{"weekday":1,"hour":9,"requests":90,"requests_per_hour":45.0},{"weekday":7,"hour":23,"requests":2,"requests_per_hour":1.0}]}""")));

        Assert.Equal(ChartKind.HeatMap, chart.Kind);
        Assert.Equal((24, 7), (chart.Labels.Count, chart.Series.Count));
        Assert.Equal(45, chart.Series[0].Values[9]);
        Assert.Equal(1, chart.Series[6].Values[23]);
        Assert.Null(chart.Series[3].Values[12]);
    }

    [Fact]
    public void The_capacity_curve_has_a_line_per_lifetime_over_sizes_and_leaves_out_what_has_no_size()
    {
        var chart = EnvelopeCharts.Of(Envelope(
            "prefix_cache_sim",
            """
            {"grid":[{"ttl_minutes":5,"capacity_tokens":1000,"token_hit_share":0.1},{"ttl_minutes":5,"capacity_tokens":100000,"token_hit_share":0.3},
                     {"ttl_minutes":null,"capacity_tokens":1000,"token_hit_share":0.2},{"ttl_minutes":5,"capacity_tokens":null,"token_hit_share":0.4}]}
            """))[0];

        Assert.Equal([1000, 100000], chart.Axis!.Positions);
        Assert.True(chart.Axis.Logarithmic);
        Assert.Equal(["kept 5 min", "kept for ever"], chart.Series.Select(series => series.Name));
        Assert.Equal([0.1, 0.3], chart.Series[0].Values);
        Assert.Equal([0.2, null], chart.Series[1].Values);
    }

    [Fact]
    public void A_tool_without_pictures_of_its_own_gets_one_of_its_first_named_numbers_money_first()
    {
        var chart = Assert.Single(EnvelopeCharts.Of(Envelope(
            "some_new_tool",
            """{"total":3,"rows":[{"keys":{"model":"a"},"requests":5,"waste_usd":1.5},{"keys":{"model":"b"},"requests":9,"waste_usd":0.5}]}""")));

        Assert.Equal(("usd", ChartKind.Bar), (chart.Unit, chart.Kind));
        Assert.Equal(["a", "b"], chart.Labels);
        Assert.Equal([1.5, 0.5], chart.Series[0].Values);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"rows":[]}""")]
    [InlineData("""{"rows":[{"name":"one","cost_usd":1}]}""")]
    [InlineData("""{"rows":[1,2,3],"reason":"nothing"}""")]
    public void A_result_without_two_values_to_compare_has_no_picture(string result)
    {
        foreach (var tool in new[] { "burstiness", "cost_breakdown", "cost_drivers", "spend_forecast", "prefix_cache_sim", "pareto", "some_new_tool" })
            Assert.Empty(EnvelopeCharts.Of(Envelope(tool, result)));
    }

    private static ResultEnvelope Envelope(string tool, string result) => new()
    {
        Tool = tool, Version = "1", Args = JsonDocument.Parse("{}").RootElement, RowsIn = 1, RowsUsed = 1,
        RowsExcludedByReason = new Dictionary<string, long>(), PricedShare = 1, PriceMapVersion = "p", Result = JsonDocument.Parse(result).RootElement,
        Grade = Grade.A, Assumptions = [], Evidence = new Evidence("q-1", [], [], []), Caveats = [], NextTools = [],
    };
}
