using Apex.Usage.Events;
using Apex.Usage.Import;

namespace Apex.Usage.Tests.Import;

public sealed class ColumnMappingTests
{
    private static readonly ColumnMapping Gateway = new()
    {
        Name = "gateway",
        TimeUnit = TimeUnit.UnixMilliseconds,
        Delimiter = ";",
        InputExcludesCached = true,
        Columns = new Dictionary<string, string>
        {
            ["ts_start"] = "time", ["duration_ms"] = "took", ["request_model"] = "model", ["input_tokens"] = "in",
            ["cache_read_tokens"] = "cached", ["output_tokens"] = "out", ["cost"] = "usd", ["user_id"] = "who",
            ["status"] = "state", ["tags.cost_centre"] = "cc", ["source_id"] = "id",
        },
        Constants = new Dictionary<string, string> { ["environment"] = "prod" },
    };

    private const string Header = "id;time;took;model;in;cached;out;usd;who;state;cc;more\n";

    [Fact]
    public async Task A_csv_of_ones_own_is_read_by_its_mapping()
    {
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportTextAsync(
            Header + "r1;1767225600123;1500;openai/gpt-4o;100;40;7;0,5;ann;failed;4711;x\n" +
            "r2;1767225600123;1500;openai/gpt-4o;100;40;7;0.5;ann;failed;4711;x\n",
            new ImportRequest { FileName = "x", Mapping = Gateway });
        var call = Assert.Single(await log.CallsAsync());

        Assert.Equal("csv (gateway)", report.Format);
        Assert.Equal(("usd", "0,5"), (report.Rejected[0].Field, report.Rejected[0].Value));
        Assert.Equal(("csv:gateway", "r2", "openai"), (call.Source, call.SourceId, call.Provider));
        Assert.Equal((100, 40, 7), (call.InUncached, call.InCacheRead, call.OutVisible));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1767225600123), call.StartedAt);
        Assert.Equal(call.StartedAt.AddMilliseconds(1500), call.EndedAt);
        Assert.Equal((CallStatus.Error, "ann", "4711", "prod"), (call.Status, call.UserId, call.Tags["cost_centre"], call.Environment));
        Assert.Equal(["environment"], call.AssumedFields);
        Assert.Equal(NanoDollars.FromDollars(0.5m), call.CostRecorded);
    }

    [Fact]
    public void The_json_form_comes_back_as_it_was()
    {
        var json = Gateway.ToJson();

        Assert.Contains("\"time_unit\":\"unix_ms\"", json, StringComparison.Ordinal);
        Assert.Equivalent(Gateway, ColumnMapping.Parse(json), strict: true);
    }

    [Theory]
    [InlineData("{", "no valid JSON")]
    [InlineData("null", "is null")]
    [InlineData("""{"name":"x"}""", "columns")]
    [InlineData("""{"name":"x","columns":{},"colour":1}""", "colour")]
    [InlineData("""{"name":"x","columns":{}}""", "ts_start needs a column")]
    [InlineData("""{"name":"a b","columns":{}}""", "name must be")]
    [InlineData("""{"name":"x","columns":{"ts_start":"t","input_tokens":"i","output_tokens":"o","colour":"c"}}""", "'colour' is no field")]
    [InlineData("""{"name":"x","columns":{"ts_start":"t","input_tokens":"i","output_tokens":"o"},"delimiter":";;"}""", "delimiter")]
    [InlineData("""{"name":"x","columns":{"ts_start":"t","input_tokens":"i","output_tokens":"o"},"time_unit":"days"}""", "time_unit")]
    [InlineData("""{"name":"x","columns":{"ts_start":"t","input_tokens":"i","output_tokens":"o"},"currency":"euro"}""", "currency")]
    [InlineData("""{"name":"x","columns":{"ts_start":"t","input_tokens":"i","output_tokens":"o"},"constants":{"cost":"1"}}""", "takes no constant")]
    [InlineData("""{"name":"x","columns":{"ts_start":"t","input_tokens":"i","output_tokens":"o","provider":"p"},"constants":{"provider":"1"}}""", "both")]
    public void A_mapping_that_cannot_work_is_refused_by_name(string json, string names)
    {
        var error = Assert.Throws<UsageImportException>(() => ColumnMapping.Parse(json));

        Assert.Contains(names, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_the_file_lacks_is_named()
    {
        await using var log = await ImportedLog.OpenAsync();

        var error = await Assert.ThrowsAsync<UsageImportException>(() => log.ImportTextAsync(
            "id;time;took;model;in;cached;out;usd;who;state\n", new ImportRequest { FileName = "x", Mapping = Gateway }));

        Assert.Contains("needs the column cc", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_format_csv_without_a_mapping_is_refused()
    {
        await using var log = await ImportedLog.OpenAsync();

        var error = await Assert.ThrowsAsync<UsageImportException>(() => log.ImportTextAsync(
            "a,b\n", new ImportRequest { FileName = "x", Format = ImportFormats.Csv }));

        Assert.Contains("column mapping", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cost_in_another_currency_is_kept_with_its_currency_and_flagged()
    {
        await using var log = await ImportedLog.OpenAsync();
        var mapping = Gateway with { Currency = "EUR" };

        await log.ImportTextAsync(
            Header + "r1;1767225600123;1500;gpt-4o;100;40;7;50;ann;;4711;x\n", new ImportRequest { FileName = "x", Mapping = mapping });
        var call = Assert.Single(await log.CallsAsync());

        Assert.Equal("EUR", call.CostRecordedCurrency);
        Assert.Equal([QualityFlags.ForeignCurrency], call.QualityFlags);
        Assert.DoesNotContain(EventPricing.CostOutlier, call.PriceFlags);
    }
}
