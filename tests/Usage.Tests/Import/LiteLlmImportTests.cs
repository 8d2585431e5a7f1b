using Apex.Usage.Events;
using Apex.Usage.Import;

namespace Apex.Usage.Tests.Import;

public sealed class LiteLlmImportTests : IAsyncLifetime
{
    private ImportedLog log = null!;

    public async ValueTask InitializeAsync() => log = await ImportedLog.OpenAsync();

    public ValueTask DisposeAsync() => log.DisposeAsync();

    [Fact]
    public async Task A_spend_log_row_is_read_whole()
    {
        var call = await ReadAsync(
            """
            {"request_id":"chatcmpl-1","call_type":"acompletion","api_key":"sk-secret","spend":0.0123,"total_tokens":1300,
             "prompt_tokens":1200,"completion_tokens":100,"startTime":"2026-02-03T04:05:06.789000Z","endTime":"2026-02-03T04:05:09.789000Z",
             "completionStartTime":"2026-02-03 04:05:07.289","model":"gpt-4o-2024-11-20","model_id":"dep-1","model_group":"gpt-4o",
             "custom_llm_provider":"openai","user":"ann","team_id":"support","end_user":"bob","session_id":"s1","cache_hit":"False",
             "request_tags":"[\"feature:search\", \"urgent\", \"User-Agent: curl/8\"]","status":"success","organization_id":"org",
             "metadata":{"usage_object":{"prompt_tokens_details":{"cached_tokens":200},"completion_tokens_details":{"reasoning_tokens":40}}},
             "messages":[{"role":"user","content":"hello"}],"model_parameters":{"temperature":0.2,"max_tokens":500,"stream":true,"service_tier":"flex"}}
            """);

        Assert.Equal(("litellm", "chatcmpl-1", "chat", "openai"), (call.Source, call.SourceId, call.Operation, call.Provider));
        Assert.Equal(("gpt-4o", "gpt-4o-2024-11-20", "dep-1"), (call.RequestModel, call.ResponseModel, call.Deployment));
        Assert.Equal((1_000, 200, 60, 40), (call.InUncached, call.InCacheRead, call.OutVisible, call.OutReasoning));
        Assert.Equal((3_000, 500), ((call.EndedAt - call.StartedAt)!.Value.TotalMilliseconds, (call.FirstTokenAt - call.StartedAt)!.Value.TotalMilliseconds));
        Assert.Equal(("ann", "bob", "support", "s1"), (call.UserId, call.EndUserId, call.TeamId, call.ConversationId));
        Assert.Equal((0.2, 500, true, ServiceTier.Flex), (call.Temperature, call.MaxOutputRequested, call.Stream, call.ServiceTier));
        Assert.Equal(NanoDollars.FromDollars(0.0123m), call.CostRecorded);
        Assert.Equal(("search", "true", "curl/8"), (call.Feature, call.Tags["urgent"], call.Tags["User-Agent"]));
        Assert.NotNull(call.PromptHash);
        Assert.DoesNotContain("sk-", call.ApiKeyHash, StringComparison.Ordinal);
        Assert.NotNull(call.CostList);
        Assert.Empty(call.QualityFlags);
    }

    [Fact]
    public async Task The_logging_payload_is_read_too()
    {
        var call = await ReadAsync(
            """
            {"id":"p1","trace_id":"t1","call_type":"embedding","status":"failure","startTime":1770091506.5,"endTime":1770091507.5,
             "completionStartTime":1770091507.5,"model":"text-embedding-3-small","prompt_tokens":10,"completion_tokens":0,"total_tokens":10,
             "response_cost":0.1,"metadata":{"user_api_key_user_id":"ann","user_api_key_team_id":"ops"},
             "error_information":{"error_code":"408","error_class":"Timeout"}}
            """);

        Assert.Equal(("p1", "t1", "embeddings", "ann", "ops"), (call.SourceId, call.TraceId, call.Operation, call.UserId, call.TeamId));
        Assert.Equal((CallStatus.Timeout, 408, "Timeout"), (call.Status, call.HttpStatus, call.ErrorType));
        Assert.Null(call.FirstTokenAt);
        Assert.Equal(500, call.StartedAt.Millisecond);
    }

    [Theory]
    [InlineData("contained by the total", "\"prompt_tokens\":100,\"completion_tokens\":10,\"total_tokens\":110", 60, null)]
    [InlineData("contained, one off", "\"prompt_tokens\":100,\"completion_tokens\":10,\"total_tokens\":111", 60, null)]
    [InlineData("disjoint by the total", "\"prompt_tokens\":100,\"completion_tokens\":10,\"total_tokens\":150", 100, null)]
    [InlineData("no total: contained", "\"prompt_tokens\":100,\"completion_tokens\":10", 60, null)]
    [InlineData("no total, Anthropic, less than cached", "\"custom_llm_provider\":\"anthropic\",\"prompt_tokens\":30,\"completion_tokens\":10", 30, null)]
    [InlineData("neither fits", "\"prompt_tokens\":100,\"completion_tokens\":10,\"total_tokens\":500", 100, QualityFlags.TokenSumMismatch)]
    [InlineData("no total and less than cached", "\"prompt_tokens\":30,\"completion_tokens\":10", 30, QualityFlags.TokenSumMismatch)]
    public async Task Cached_tokens_are_told_apart_from_the_input(string what, string figures, long uncached, string? flag)
    {
        var call = await ReadAsync(
            $$$$$"""
            {"request_id":"{{{{{what}}}}}","startTime":"2026-01-01T00:00:00Z","model":"gpt-4o",{{{{{figures}}}}},
             "metadata":{"usage_object":{"cache_read_input_tokens":30,"cache_creation_input_tokens":10,
             "prompt_tokens_details":{"cached_tokens":30},"cache_creation":{"ephemeral_1h_input_tokens":4}}}}
            """);

        Assert.Equal(uncached, call.InUncached);
        Assert.Equal((30, 6, 4), (call.InCacheRead, call.InCacheWrite5m, call.InCacheWrite1h));
        Assert.Equal(flag is null ? [] : [flag, QualityFlags.ExcludedFromMoney], call.QualityFlags);
        Assert.Equal(flag is null, call.CostList is not null);
    }

    [Fact]
    public async Task Without_cached_tokens_a_wrong_total_is_flagged_but_the_row_keeps_its_price()
    {
        var call = await ReadAsync(
            """{"request_id":"a","startTime":"2026-01-01T00:00:00Z","model":"gpt-4o","prompt_tokens":9,"completion_tokens":1,"total_tokens":99}""");

        Assert.Equal([QualityFlags.TokenSumMismatch], call.QualityFlags);
        Assert.NotNull(call.CostList);
    }

    [Theory]
    [InlineData(100, 40, 110, 60, 40, 0)]
    [InlineData(100, 40, 150, 100, 40, 0)]
    [InlineData(100, 140, 110, 0, 100, 0)]
    public async Task Reasoning_is_part_of_the_output_unless_only_the_total_with_it_adds_up(
        long output, long reasoning, long total, long visible, long reasoned, long input)
    {
        var call = await ReadAsync(
            $$$$$"""
            {"request_id":"a","startTime":"2026-01-01T00:00:00Z","model":"o3","prompt_tokens":10,"completion_tokens":{{{{{output}}}}},
             "total_tokens":{{{{{total}}}}},"metadata":{"usage_object":{"completion_tokens_details":{"reasoning_tokens":{{{{{reasoning}}}}}}}}}
            """);

        Assert.Equal((visible, reasoned, 10L + input), (call.OutVisible, call.OutReasoning, call.InUncached));
        Assert.Empty(call.QualityFlags);
    }

    [Theory]
    [InlineData("2026-01-01T00:00:05Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:04Z", false, true)]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-01T00:00:01Z", false, true)]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z", "2026-01-01T00:00:10Z", true, false)]
    public async Task Impossible_times_are_left_out_and_flagged(string start, string end, string first, bool hasEnd, bool isEarlyFirst)
    {
        var call = await ReadAsync(
            $$"""
            {"request_id":"a","startTime":"{{start}}","endTime":"{{end}}","completionStartTime":"{{first}}","model":"gpt-4o",
             "prompt_tokens":1,"completion_tokens":1}
            """);

        Assert.Equal(hasEnd, call.EndedAt is not null);
        Assert.Equal(isEarlyFirst && call.StartedAt < DateTimeOffset.Parse(first), call.FirstTokenAt is not null);
        Assert.Contains(QualityFlags.TimeInvalid, call.QualityFlags);
    }

    [Fact]
    public async Task A_recorded_cost_far_from_the_list_price_is_flagged_and_a_negative_one_left_out()
    {
        var dear = await ReadAsync(
            """{"request_id":"a","startTime":"2026-01-01T00:00:00Z","model":"gpt-4o","prompt_tokens":1000,"completion_tokens":1,"spend":5}""");
        var negative = await ReadAsync(
            """{"request_id":"b","startTime":"2026-01-02T00:00:00Z","model":"gpt-4o","prompt_tokens":1000,"completion_tokens":1,"spend":-5}""");

        Assert.Contains(EventPricing.CostOutlier, dear.PriceFlags);
        Assert.Equal([QualityFlags.NegativeCost], negative.QualityFlags);
        Assert.Null(negative.CostRecorded);
    }

    [Fact]
    public async Task Array_lines_and_csv_give_the_same_rows()
    {
        const string first = """{"request_id":"a","startTime":"2026-01-01T00:00:00Z","model":"gpt-4o","prompt_tokens":1000,"completion_tokens":1,"spend":0.5,"metadata":{"usage_object":{"cache_read_input_tokens":100}}}""";
        const string second = """{"request_id":"b","startTime":"2026-01-01T00:00:01Z","model":"o3","prompt_tokens":7,"completion_tokens":1,"spend":0.25,"metadata":{}}""";
        const string csv =
            "request_id,startTime,model,prompt_tokens,completion_tokens,spend,metadata\n" +
            "a,2026-01-01T00:00:00Z,gpt-4o,1000,1,0.5,\"{\"\"usage_object\"\":{\"\"cache_read_input_tokens\"\":100}}\"\n" +
            "b,2026-01-01T00:00:01Z,o3,7,1,0.25,{}\n";

        var array = await log.ImportTextAsync($" [\n{first},\n{second}\n]\n");
        var calls = await log.CallsAsync();
        var lines = await log.ImportTextAsync($"{first}\n\n{second}");
        var table = await log.ImportTextAsync(csv);

        Assert.Equal(("litellm (JSON array)", "litellm (JSONL)", "litellm (CSV)"), (array.Format, lines.Format, table.Format));
        Assert.Equal((2L, 0L, 0L), (array.RowsStored, lines.RowsStored, table.RowsStored));
        await using var other = await ImportedLog.OpenAsync();
        await other.ImportTextAsync(csv);
        Assert.Equivalent(calls, await other.CallsAsync(), strict: true);
    }

    [Theory]
    [InlineData("[{\"request_id\":\"a\",\"startTime\":\"2026-01-01T00:00:00Z\",\"model\":\"m\",\"prompt_tokens\":1,\"completion_tokens\":1},", "array")]
    [InlineData("[{\"request_id\":\"a\",\"startTime\":\"2026-01-01T00:00:00Z\",\"model\":\"m\",\"prompt_tokens\":1,\"completion_tokens\":1},{\"request_id\":\"b", "middle")]
    public async Task An_array_that_breaks_off_keeps_its_whole_rows_and_says_so(string content, string reason)
    {
        var report = await log.ImportTextAsync(content);

        Assert.Equal(1, report.RowsStored);
        Assert.Contains(reason, Assert.Single(report.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_elements_are_rejected_one_by_one_with_their_lines()
    {
        const string good = """{"request_id":"a","startTime":"2026-01-01T00:00:00Z","model":"m","prompt_tokens":1,"completion_tokens":1}""";
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000);

        var report = await log.ImportTextAsync(
            $"[{good},\n{{\"request_id\":1,,}},\n{deep},\n{{\"request_id\":\"c\",\"model\":\"m\",\"prompt_tokens\":1,\"completion_tokens\":-1}}\n]");

        Assert.Equal([2L, 3L, 4L], report.Rejected.Select(row => row.Line));
        Assert.StartsWith("not valid JSON", report.Rejected[0].Reason, StringComparison.Ordinal);
        Assert.Contains("depth", report.Rejected[1].Reason, StringComparison.Ordinal);
        Assert.Equal("completion_tokens", report.Rejected[2].Field);
        Assert.Equal(1, report.RowsStored);
    }

    [Fact]
    public async Task Equal_prompts_of_two_tenants_have_different_hashes()
    {
        const string row = """{"request_id":"a","startTime":"2026-01-01T00:00:00Z","model":"m","prompt_tokens":1,"completion_tokens":1,"messages":[{"content":"x"}],"api_key":"sk-1"}""";
        var other = new TenantId("other");

        await log.ImportTextAsync(row);
        await log.ImportAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(row)), new ImportRequest { FileName = "x" }, tenant: other);
        var (mine, theirs) = ((await log.CallsAsync())[0], (await log.CallsAsync(other))[0]);

        Assert.NotEqual(mine.PromptHash, theirs.PromptHash);
        Assert.NotEqual(mine.ApiKeyHash, theirs.ApiKeyHash);
        Assert.NotEqual(mine.EventId, theirs.EventId);
    }

    private async Task<UsageEvent> ReadAsync(string row)
    {
        var report = await log.ImportTextAsync(row.Replace("\n", "", StringComparison.Ordinal));
        Assert.Empty(report.Rejected);
        Assert.Equal(1, report.RowsStored);
        return (await log.CallsAsync())[^1];
    }
}
