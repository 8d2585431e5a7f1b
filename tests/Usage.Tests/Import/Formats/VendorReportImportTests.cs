using Apex.Usage.Events;

namespace Apex.Usage.Tests.Import.Formats;

/// <summary>Sums of many calls: the vendors' own reports and FOCUS bills.</summary>
public sealed class VendorReportImportTests : FormatTest
{
    private const string OpenAi =
        """
        {"object":"page","has_more":false,"data":[
         {"object":"bucket","start_time":1769904000,"end_time":1769990400,"results":[
          {"object":"organization.usage.completions.result","input_tokens":1000,"output_tokens":500,"input_cached_tokens":800,
           "input_audio_tokens":0,"output_audio_tokens":0,"num_model_requests":5,"project_id":"p1","user_id":"u1","api_key_id":"k1",
           "model":"gpt-4o-2024-08-06","batch":true},
          {"object":"organization.usage.completions.result","input_tokens":7,"output_tokens":1,"num_model_requests":1,"project_id":"p2","model":"gpt-4o-2024-08-06","batch":false},
          {"object":"organization.usage.images.result","images":2,"num_model_requests":2,"model":"dall-e-3"}]},
         {"object":"bucket","start_time":1769990400,"end_time":1770076800,"results":[]}]}
        """;

    [Fact]
    public async Task A_page_of_OpenAIs_usage_becomes_a_row_per_sum()
    {
        var report = await Log.ImportTextAsync(OpenAi);
        var call = (await Log.CallsAsync()).Single(row => row.TeamId == "p1");

        Assert.Equal(("openai_usage (JSON)", 2, 1), (report.Format, report.RowsStored, report.RowsSkipped));
        Assert.Equal((200, 800, 500), (call.InUncached, call.InCacheRead, call.OutVisible));
        Assert.Equal(("openai", "u1", ServiceTier.Batch, "5"), (call.Provider, call.UserId, call.ServiceTier, call.Tags["requests"]));
        Assert.Equal(TimeSpan.FromDays(1), call.EndedAt - call.StartedAt);
        Assert.Equal([QualityFlags.SumOfCalls], call.QualityFlags);
        Assert.NotEqual("k1", call.ApiKeyHash);
    }

    [Fact]
    public async Task A_page_of_Anthropics_usage_report_becomes_a_row_per_sum()
    {
        var report = await Log.ImportTextAsync(
            """
            {"data":[{"starting_at":"2026-02-01T00:00:00Z","ending_at":"2026-02-02T00:00:00Z","results":[
              {"uncached_input_tokens":1500,"cache_creation":{"ephemeral_1h_input_tokens":1000,"ephemeral_5m_input_tokens":500},
               "cache_read_input_tokens":200,"output_tokens":500,"server_tool_use":{"web_search_requests":10},"api_key_id":"apikey_01",
               "workspace_id":"wrkspc_01","model":"claude-sonnet-4-20250514","service_tier":"standard","context_window":"0-200k"}]}],
             "has_more":false,"next_page":null}
            """);
        var call = Assert.Single(await Log.CallsAsync());

        Assert.Equal("anthropic_usage (JSON)", report.Format);
        Assert.Equal((1_500, 200, 500, 1_000, 500), (call.InUncached, call.InCacheRead, call.InCacheWrite5m, call.InCacheWrite1h, call.OutVisible));
        Assert.Equal(("wrkspc_01", "10", "0-200k"), (call.TeamId, call.Tags["web_search_requests"], call.Tags["context_window"]));
    }

    [Fact]
    public async Task A_bucket_that_has_not_ended_is_left_for_later()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        var report = await Log.ImportTextAsync(
            $$"""{"object":"bucket","start_time":{{now - 60}},"end_time":{{now + 86_400}},"results":[{"object":"organization.usage.completions.result","input_tokens":1,"output_tokens":1,"model":"gpt-4o"}]}""");

        Assert.Equal((0, 1), (report.RowsStored, report.RowsSkipped));
    }

    [Fact]
    public async Task A_sum_beside_the_calls_it_sums_up_is_marked_whichever_came_first()
    {
        const string calls =
            """{"request_id":"a","startTime":"2026-02-01T12:00:00Z","model":"openai/gpt-4o","prompt_tokens":1,"completion_tokens":1}""";

        await Log.ImportTextAsync(OpenAi);
        await Log.ImportTextAsync(calls);
        await using var other = await ImportedLog.OpenAsync();
        await other.ImportTextAsync(calls);
        await other.ImportTextAsync(OpenAi);

        foreach (var rows in new[] { await Log.CallsAsync(), await other.CallsAsync() })
        {
            Assert.All(rows.Where(row => row.Source == "openai_usage"), row => Assert.Contains(QualityFlags.DuplicateSource, row.QualityFlags));
            Assert.DoesNotContain(QualityFlags.DuplicateSource, rows.Single(row => row.Source == "litellm").QualityFlags);
        }
    }

    [Fact]
    public async Task A_sum_of_another_day_or_model_is_not_marked()
    {
        await Log.ImportTextAsync(OpenAi);
        await Log.ImportTextAsync(
            """
            {"request_id":"a","startTime":"2026-02-02T12:00:00Z","model":"gpt-4o","prompt_tokens":1,"completion_tokens":1}
            {"request_id":"b","startTime":"2026-02-01T12:00:00Z","model":"gpt-4o-mini","prompt_tokens":1,"completion_tokens":1}
            """);

        Assert.DoesNotContain(await Log.CallsAsync(), row => row.QualityFlags.Contains(QualityFlags.DuplicateSource));
    }

    [Fact]
    public async Task A_focus_bill_gives_a_row_per_charge_of_tokens()
    {
        const string header =
            "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,ProviderName,RegionId,SkuMeter,SubAccountId,Tags\n";
        var report = await Log.ImportTextAsync(header +
            "2.5,USD,Usage,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,1,1M tokens,OpenAI,eu,gpt-4o input tokens,acc1,\"{\"\"team\"\":\"\"search\"\"}\"\n" +
            "0.6,USD,Usage,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,500,1K tokens,OpenAI,eu,gpt-4o cached input tokens,acc1,\n" +
            "1,EUR,Usage,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,100000,Tokens,OpenAI,eu,gpt-4o output tokens,acc1,\n" +
            "9,USD,Usage,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,3,Hours,Azure,eu,Virtual machine,acc1,\n" +
            "9,USD,Tax,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,,,Azure,eu,,acc1,\n" +
            "9,USD,Usage,2026-02-01T00:00:00Z,2026-02-02T00:00:00Z,5,Tokens,OpenAI,eu,mystery,acc1,\n");
        var rows = (await Log.CallsAsync()).OrderBy(row => row.RequestModel, StringComparer.Ordinal).ToList();

        Assert.Equal(("focus (CSV)", 3, 2), (report.Format, report.RowsStored, report.RowsSkipped));
        Assert.Equal(("SkuMeter", "mystery"), (Assert.Single(report.Rejected).Field, report.Rejected[0].Value));
        Assert.Equal([500_000, 0, 0], rows.Select(row => row.InCacheRead));
        Assert.Equal([0, 1_000_000, 0], rows.Select(row => row.InUncached));
        Assert.Equal([0, 0, 100_000], rows.Select(row => row.OutVisible));
        Assert.Equal("search", rows[1].Tags["team"]);
        Assert.Equal("EUR", rows[2].CostRecordedCurrency);
    }
}
