using Apex.Protocol.Reports;

namespace Apex.Protocol.Tests.Reports;

public sealed class FieldTextTests
{
    [Theory]
    [InlineData("cost_usd", "usd", "Cost")]
    [InlineData("saving_usd_per_month", "usd", "Saving per month")]
    [InlineData("hit_share", "share", "Hit share")]
    [InlineData("hit_share_of_all", "share", "Hit share of all")]
    [InlineData("p95_ms", "ms", "P95")]
    [InlineData("input_tokens", "tokens", "Input tokens")]
    [InlineData("fit_days", "days", "Fit days")]
    [InlineData("requests", "count", "Requests")]
    public void A_fields_name_tells_its_unit_and_its_label(string field, string unit, string label)
    {
        Assert.Equal(unit, FieldText.UnitOf(field));
        Assert.Equal(label, FieldText.Label(field));
    }

    [Theory]
    [InlineData(1234.5, "usd", "$1,234.50")]
    [InlineData(-0.00123, "usd", "-$0.0012")]
    [InlineData(0, "usd", "$0.00")]
    [InlineData(0.1234, "share", "12.3 %")]
    [InlineData(0.00004, "share", "0.004 %")]
    [InlineData(850, "ms", "850 ms")]
    [InlineData(12_340, "ms", "12.3 s")]
    [InlineData(5_563, "count", "5,563")]
    [InlineData(1, "days", "1 day")]
    public void A_value_is_printed_in_its_unit(double value, string unit, string text) => Assert.Equal(text, FieldText.Value(value, unit));

    [Theory]
    [InlineData(1_200, "usd", "$1.2k")]
    [InlineData(2.5, "usd", "$2.5")]
    [InlineData(3_400_000, "tokens", "3.4M")]
    [InlineData(0.35, "share", "35 %")]
    public void An_axis_is_short(double value, string unit, string text) => Assert.Equal(text, FieldText.Short(value, unit));
}
