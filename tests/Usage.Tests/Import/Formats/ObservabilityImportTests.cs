using Apex.Usage.Events;
using Apex.Usage.Import;

namespace Apex.Usage.Tests.Import.Formats;

/// <summary>Langfuse, Helicone and Phoenix.</summary>
public sealed class ObservabilityImportTests : FormatTest
{
    private const string LangfuseRow =
        """
        {"id":"obs-1","trace_id":"t1","type":"GENERATION","start_time":"2026-02-03 04:05:06.789000","end_time":"2026-02-03 04:05:09.789000",
        "completion_start_time":"2026-02-03 04:05:07.289000","name":"answer","trace_name":"support","environment":"prod","level":"DEFAULT",
        "provided_model_name":"claude-sonnet-4-20250514","model_parameters":"{\"temperature\":\"0.2\",\"max_tokens\":\"500\"}",
        "usage_details":{"input":10,"input_cached_tokens":3200,"input_cache_creation":160,"output":90,"total":3460},
        "cost_details":{"total":0.01},"total_cost":0.01,"user_id":"ann","session_id":"s1","tags":["team:search","urgent"],
        "prompt_name":"greeting","prompt_version":3,"metadata":{"feature":"faq"},"input":[{"role":"user","content":"hello"}]}
        """;

    [Fact]
    public async Task An_observation_of_Langfuses_export_is_read_whole()
    {
        var call = await ReadOneAsync(OneLine(LangfuseRow), ImportFormats.Langfuse);

        Assert.Equal(("langfuse", "obs-1", "claude-sonnet-4-20250514", "t1"), (call.Source, call.SourceId, call.RequestModel, call.TraceId));
        Assert.Equal((10, 3_200, 160, 90), (call.InUncached, call.InCacheRead, call.InCacheWrite5m, call.OutVisible));
        Assert.Equal((3_000, 500), ((call.EndedAt - call.StartedAt)!.Value.TotalMilliseconds, (call.FirstTokenAt - call.StartedAt)!.Value.TotalMilliseconds));
        Assert.Equal(("ann", "s1", "faq", "prod"), (call.UserId, call.ConversationId, call.Feature, call.Environment));
        Assert.Equal(("search", "true", "greeting", "3"), (call.Tags["team"], call.Tags["urgent"], call.Tags["prompt_name"], call.Tags["prompt_version"]));
        Assert.Equal((0.2, 500), (call.Temperature, call.MaxOutputRequested));
        Assert.Equal(NanoDollars.FromDollars(0.01m), call.CostRecorded);
        Assert.NotNull(call.PromptHash);
        Assert.Empty(call.QualityFlags);
    }

    [Fact]
    public async Task Langfuses_api_pages_are_read_and_what_is_no_generation_is_passed_over()
    {
        var report = await Log.ImportTextAsync(
            """
            {"data": [
              {"id":"a","traceId":"t","type":"GENERATION","startTime":"2026-02-03T04:05:06.000Z","endTime":"2026-02-03T04:05:07.000Z",
               "model":"gpt-4o","usage":{"input":100,"output":20,"total":120,"unit":"TOKENS"},
               "usageDetails":{"input":60,"input_cached_tokens":40,"output":15,"output_reasoning_tokens":5,"total":120},
               "calculatedTotalCost":0.002,"level":"ERROR","statusMessage":"request timeout","metadata":null},
              {"id":"b","traceId":"t","type":"SPAN","startTime":"2026-02-03T04:05:06.000Z","usageDetails":{}},
              {"id":"c","traceId":"t","type":"EVENT","startTime":"2026-02-03T04:05:06.000Z","usageDetails":{}}],
             "meta": {"page": 1}}
            """);
        var call = Assert.Single(await Log.CallsAsync());

        Assert.Equal(("langfuse (JSON)", 2), (report.Format, report.RowsSkipped));
        Assert.Equal((60, 40, 15, 5), (call.InUncached, call.InCacheRead, call.OutVisible, call.OutReasoning));
        Assert.Equal(CallStatus.Timeout, call.Status);
    }

    [Fact]
    public async Task Langfuses_csv_gives_the_same_rows()
    {
        var csv = "id,trace_id,type,start_time,end_time,provided_model_name,usage_details,total_cost,user_id\n" +
            "x,t,GENERATION,2026-02-03 04:05:06.789000,,gpt-4o,\"{\"\"input\"\":7,\"\"output\"\":2,\"\"total\"\":9}\",0.5,ann\n" +
            "y,t,SPAN,2026-02-03 04:05:06.789000,,,{},,\n";

        var report = await Log.ImportTextAsync(csv);

        Assert.Equal(("langfuse (CSV)", 1, 1), (report.Format, report.RowsStored, report.RowsSkipped));
        Assert.Equal((7, 2), ((await Log.CallsAsync())[0].InUncached, (await Log.CallsAsync())[0].OutVisible));
    }

    [Fact]
    public async Task A_request_of_Helicones_export_is_read_whole()
    {
        var call = await ReadOneAsync(OneLine(
            """
            {"request_id":"2f1c","request_created_at":"2026-02-03T04:05:06.789Z","response_created_at":"2026-02-03T04:05:09.789Z",
             "response_status":200,"provider":"ANTHROPIC","request_model":"claude-3-5-sonnet-20241022","response_model":"claude-3-5-sonnet-20241022",
             "request_path":"https://api.anthropic.com/v1/messages","prompt_tokens":30,"completion_tokens":12,"total_tokens":42,
             "prompt_cache_read_tokens":0,"prompt_cache_write_tokens":0,"delay_ms":3000,"time_to_first_token":500,"request_user_id":"ann",
             "request_properties":{"Helicone-Session-Id":"s1","feature":"faq","Region":"eu"},"country_code":"DE","cost":0.0004,
             "request_body":{"messages":[{"role":"user","content":"hello"}]},"cache_enabled":false}
            """), ImportFormats.Helicone);

        Assert.Equal(("helicone", "2f1c", "anthropic"), (call.Source, call.SourceId, call.Provider));
        Assert.Equal((30, 12, 200), (call.InUncached, call.OutVisible, call.HttpStatus));
        Assert.Equal((3_000, 500), ((call.EndedAt - call.StartedAt)!.Value.TotalMilliseconds, (call.FirstTokenAt - call.StartedAt)!.Value.TotalMilliseconds));
        Assert.Equal(("ann", "s1", "faq", "eu"), (call.UserId, call.ConversationId, call.Feature, call.Tags["Region"]));
        Assert.Equal(NanoDollars.FromDollars(0.0004m), call.CostRecorded);
        Assert.NotNull(call.PromptHash);
    }

    [Theory]
    [InlineData(500, CallStatus.Error)]
    [InlineData(504, CallStatus.Timeout)]
    [InlineData(-3, CallStatus.Cancelled)]
    public async Task Helicones_status_tells_how_a_call_ended(int status, CallStatus expected)
    {
        var call = await ReadOneAsync(
            $$"""{"request_id":"a","request_created_at":"2026-02-03T04:05:06.789Z","response_status":{{status}},"model":"gpt-4o","prompt_tokens":1,"completion_tokens":0}""",
            ImportFormats.Helicone);

        Assert.Equal(expected, call.Status);
    }

    [Theory]
    [InlineData("""{"name":"ChatCompletion","context":{"trace_id":"t1","span_id":"s1"},"span_kind":"LLM","parent_id":null,"start_time":"2026-02-03T04:05:06.789Z","end_time":"2026-02-03T04:05:09.789Z","status_code":"OK","attributes":{"llm":{"model_name":"gpt-4o","token_count":{"prompt":100,"completion":20,"total":120,"prompt_details":{"cache_read":40}},"invocation_parameters":"{\"temperature\":0.2}"},"session":{"id":"c1"},"user":{"id":"ann"},"input":{"value":"hello"}}}""")]
    [InlineData("""{"context.span_id":"s1","context.trace_id":"t1","name":"ChatCompletion","span_kind":"LLM","start_time":1770091506789,"end_time":1770091509789,"status_code":"OK","attributes.llm.model_name":"gpt-4o","attributes.llm.token_count.prompt":100,"attributes.llm.token_count.completion":20,"attributes.llm.token_count.total":120,"attributes.llm.token_count.prompt_details.cache_read":40,"attributes.llm.invocation_parameters":"{\"temperature\":0.2}","attributes.session.id":"c1","attributes.user.id":"ann","attributes.input.value":"hello"}""")]
    public async Task A_span_of_Phoenix_is_read_nested_and_flat(string row)
    {
        var call = await ReadOneAsync(row, ImportFormats.OpenInference);

        Assert.Equal(("t1:s1", "gpt-4o", "c1", "ann"), (call.SourceId, call.RequestModel, call.ConversationId, call.UserId));
        Assert.Equal((60, 40, 20, 0.2), (call.InUncached, call.InCacheRead, call.OutVisible, call.Temperature));
        Assert.Equal((3_000, 789), ((call.EndedAt - call.StartedAt)!.Value.TotalMilliseconds, call.StartedAt.Millisecond));
        Assert.NotNull(call.PromptHash);
    }

    [Fact]
    public async Task Chains_and_retrievers_of_Phoenix_are_passed_over()
    {
        var report = await Log.ImportTextAsync(
            """{"context":{"trace_id":"t","span_id":"s"},"span_kind":"CHAIN","start_time":"2026-02-03T04:05:06.789Z","attributes":{"llm":{"token_count":{"prompt":100,"completion":20}}}}""");

        Assert.Equal((0, 1), (report.RowsRead, report.RowsSkipped));
    }
}
