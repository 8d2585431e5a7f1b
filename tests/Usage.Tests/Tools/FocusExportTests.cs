using System.Globalization;
using System.Text;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools;
using Apex.Usage.Tools.FocusExport;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Tools;

public sealed class FocusExportTests
{
    [Fact]
    public async Task A_day_becomes_one_charge_by_model_tier_and_kind_of_token()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1) with { InUncached = 1_000, InCacheRead = 2_000, OutVisible = 500 }, Call(2) with { InUncached = 3_000, OutVisible = 500 },
            Call(3) with { InUncached = 1_000, Feature = "search" }, Call(4) with { StartedAt = Call(4).StartedAt.AddDays(1), InUncached = 7 },
        ]);

        var rows = await ReadAsync(log, [Dimension.Feature]);

        Assert.Equal(5, rows.Count);
        Assert.Equal(
            [("input", 4_000L, 0.01m, "chat"), ("cache_read", 2_000L, 0.0025m, "chat"), ("output", 1_000L, 0.01m, "chat"), ("input", 1_000L, 0.0025m, "search")],
            rows.Take(4).Select(row => (row.TokenType, row.Quantity, row.EffectiveUsd, row.Dimensions[0]!)));
        Assert.Equal(new DateOnly(2026, 3, 3), rows[4].Day);
        Assert.All(rows, row => Assert.True(row.Priced));
        Assert.Equal(2, rows[0].Requests);
    }

    [Fact]
    public async Task Charges_sum_exactly_to_the_log_by_day_and_model()
    {
        await using var log = await ToolLog.WithAsync(
            DemoOrganisation.Generate(new DemoOptions { Days = 6, Scale = 0.2 }),
            PriceBook.Builtin.WithDiscounts([new ContractDiscount("", 0.137m)]));
        var calls = await log.Log.ReadAsync(new UsageScan { Tenant = ToolLog.Tenant }, CancellationToken.None).ToListAsync();

        var rows = await ReadAsync(log, FocusQuestion.DefaultDimensions);

        var expected = calls.GroupBy(call => (Day: DateOnly.FromDateTime(call.StartedAt.UtcDateTime), call.Model))
            .ToDictionary(group => group.Key, group => (
                group.Sum(call => call.CostEffective?.Dollars ?? 0), group.Sum(call => call.CostList?.Dollars ?? 0),
                group.Sum(call => call.InputTotal + call.OutputTotal)));
        var actual = rows.GroupBy(row => (row.Day, Model: (string?)row.Model)).ToDictionary(group => group.Key, group => (
            group.Sum(row => row.EffectiveUsd), group.Sum(row => row.ListUsd),
            group.Where(row => row.TokenType != "request_fee").Sum(row => row.Quantity)));
        Assert.Equal(expected.OrderBy(pair => pair.Key), actual.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void The_parts_of_a_call_sum_to_its_cost_whatever_it_holds()
    {
        var tokens = Gen.Choose(0, 1_000_000).ArrayOf(9);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(tokens.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (count, cost) =>
        {
            var call = Call(1) with
            {
                InUncached = count[0], InCacheRead = count[1], InCacheWrite5m = count[2], InCacheWrite1h = count[3], InAudio = count[4],
                InImage = count[5], OutVisible = count[6], OutReasoning = count[7], OutAudio = count[8],
            };
            var units = new UnitPrices(3e-6m, 3e-7m, 3.75e-6m, 6e-6m, 1.5e-5m, 1.5e-5m, 0, true, null);
            Span<long> quantities = stackalloc long[CostSplit.Kinds];
            Span<long> nano = stackalloc long[CostSplit.Kinds];
            Span<long> list = stackalloc long[CostSplit.Kinds];

            CostSplit.Split(call, units, new NanoDollars(cost), quantities, nano);
            CostSplit.Scale(quantities, nano, cost, cost * 2L, list);

            Assert.Equal(cost, nano.ToArray().Sum());
            Assert.Equal(cost * 2L, list.ToArray().Sum());
        }));
    }

    [Fact]
    public async Task The_csv_is_read_back_as_what_was_written_and_no_name_is_a_formula()
    {
        await using var log = await ToolLog.WithAsync(
            [Call(1) with { InUncached = 1_000, Feature = "a, \"b\"\nc", TeamId = "=1+1" }, Call(2) with { RequestModel = "who-knows", InUncached = 5 }]);
        using var file = new MemoryStream();

        var question = new FocusQuestion(ToolLog.Tenant, null, [], [Dimension.Feature, Dimension.Team]);
        var written = await FocusCsv.WriteAsync(
            FocusExporter.ReadAsync(log.Log, log.Prices, question, CancellationToken.None), question.Dimensions, file, CancellationToken.None);

        var text = Encoding.UTF8.GetString(file.ToArray());
        Assert.Equal(2, written);
        Assert.StartsWith("AvailabilityZone,BilledCost,BillingAccountId,", text, StringComparison.Ordinal);
        Assert.Contains(",0.0025,", text, StringComparison.Ordinal);
        Assert.Contains("2026-03-02T00:00:00Z", text, StringComparison.Ordinal);
        Assert.Contains("\"a, \"\"b\"\"\nc\",'=1+1\r\n", text, StringComparison.Ordinal);
        Assert.Contains(",false,", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_mandatory_column_of_the_format_is_there_and_not_null_where_it_must_not_be()
    {
        string[] mandatory =
        [
            "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargePeriodEnd",
            "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ProviderName", "PublisherName",
            "ServiceCategory", "ServiceName", "ServiceSubcategory", "PricingCategory", "PricingQuantity", "PricingUnit", "ConsumedQuantity", "ConsumedUnit", "SkuId",
        ];
        await using var log = await ToolLog.WithAsync([Call(1) with { InUncached = 10 }, Call(2) with { RequestModel = null, InUncached = 5 }]);
        var rows = await ReadAsync(log, []);

        var columns = FocusColumns.Of([]).ToDictionary(column => column.Name);

        Assert.All(rows, row => Assert.All(mandatory, name => Assert.NotNull(columns[name].Of(row))));
    }

    [Fact]
    public async Task The_tool_tells_totals_by_sku_and_where_the_file_is()
    {
        await using var log = await ToolLog.WithAsync([Call(1) with { InUncached = 1_000, OutVisible = 500 }, Call(2) with { InUncached = 1_000 }]);

        var answer = await log.RunAsync("focus_export", """{"window": "2026-03", "dimensions": ["user"]}""");

        Assert.Equal(2, answer.Whole("/charges"));
        Assert.Equal(0.01m, answer.Usd("/effective_cost_usd"));
        Assert.Equal(["gpt-4o/input/standard", "gpt-4o/output/standard"], answer.At("/skus").EnumerateArray().Select(sku => sku.GetProperty("sku_id").GetString()!).Order());
        Assert.Equal("/api/usage/export/focus?dimensions=user&from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z&format=csv", answer.Text("/csv_path"));
        Assert.Contains("x_User", answer.At("/columns").EnumerateArray().Select(column => column.GetString()));
    }

    [Theory]
    [InlineData("""["colour"]""", "'colour'")]
    [InlineData("""["user", "user"]""", "twice")]
    public async Task Dimensions_that_are_none_are_refused(string dimensions, string told)
    {
        await using var log = await ToolLog.WithAsync([Call(1)]);

        var error = await Assert.ThrowsAsync<ToolArgumentException>(() => log.RunAsync("focus_export", $$"""{"dimensions": {{dimensions}}}"""));

        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    private static ValueTask<List<FocusRow>> ReadAsync(ToolLog log, IReadOnlyList<Dimension> dimensions) =>
        FocusExporter.ReadAsync(log.Log, log.Prices, new FocusQuestion(ToolLog.Tenant, null, [], dimensions), CancellationToken.None).ToListAsync();

    /// <summary>gpt-4o: $2.50 in, $1.25 cached, $10 out per million.</summary>
    private static UsageEvent Call(int number) => new()
    {
        EventId = $"e{number}", Source = "test", SourceId = number.ToString(CultureInfo.InvariantCulture), RequestModel = "gpt-4o", Provider = "openai",
        StartedAt = DateTimeOffset.Parse("2026-03-02T10:00Z", CultureInfo.InvariantCulture).AddMinutes(number), Feature = "chat",
    };
}
