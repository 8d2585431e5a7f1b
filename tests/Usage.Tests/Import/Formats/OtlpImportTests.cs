using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Tests.Import.Otlp;

namespace Apex.Usage.Tests.Import.Formats;

public sealed class OtlpImportTests : FormatTest
{
    [Fact]
    public async Task A_chat_span_is_read_whole()
    {
        var call = await ReadOneAsync(OneLine(
            """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"helpdesk"}},
             {"key":"deployment.environment.name","value":{"stringValue":"prod"}}]},
             "scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",
             "name":"chat gpt-4o","kind":3,"startTimeUnixNano":"1770091506500000000","endTimeUnixNano":"1770091509500000000",
             "attributes":[
              {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
              {"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},
              {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},
              {"key":"gen_ai.response.model","value":{"stringValue":"gpt-4o-2024-11-20"}},
              {"key":"gen_ai.response.id","value":{"stringValue":"chatcmpl-1"}},
              {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1200"}},
              {"key":"gen_ai.usage.cache_read.input_tokens","value":{"intValue":"200"}},
              {"key":"gen_ai.usage.output_tokens","value":{"intValue":"100"}},
              {"key":"gen_ai.usage.reasoning.output_tokens","value":{"intValue":"40"}},
              {"key":"gen_ai.request.max_tokens","value":{"intValue":500}},
              {"key":"gen_ai.request.temperature","value":{"doubleValue":0.2}},
              {"key":"gen_ai.request.stream","value":{"boolValue":true}},
              {"key":"gen_ai.response.time_to_first_chunk","value":{"doubleValue":0.5}},
              {"key":"gen_ai.response.finish_reasons","value":{"arrayValue":{"values":[{"stringValue":"stop"}]}}},
              {"key":"gen_ai.conversation.id","value":{"stringValue":"c1"}},
              {"key":"user.id","value":{"stringValue":"ann"}},
              {"key":"customer","value":{"stringValue":"acme"}},
              {"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"content\":\"secret\"}]"}}],
             "status":{}}]}]}]}
            """), ImportFormats.Otlp);

        Assert.Equal(("otlp", "chatcmpl-1", "openai"), (call.Source, call.SourceId, call.Provider));
        Assert.Equal(("gpt-4o", "gpt-4o-2024-11-20"), (call.RequestModel, call.ResponseModel));
        Assert.Equal((1_000, 200, 60, 40), (call.InUncached, call.InCacheRead, call.OutVisible, call.OutReasoning));
        Assert.Equal((3_000, 500), ((call.EndedAt - call.StartedAt)!.Value.TotalMilliseconds, (call.FirstTokenAt - call.StartedAt)!.Value.TotalMilliseconds));
        Assert.Equal((500, 0.2, true, "stop"), (call.MaxOutputRequested, call.Temperature, call.Stream, call.FinishReason));
        Assert.Equal(("ann", "c1", "helpdesk", "prod", "acme"),
            (call.UserId, call.ConversationId, call.Feature, call.Environment, call.Tags["customer"]));
        Assert.Equal(("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"), (call.TraceId, call.SpanId));
        Assert.NotNull(call.PromptHash);
        Assert.DoesNotContain("secret", call.PromptHash, StringComparison.Ordinal);
        Assert.NotNull(call.CostList);
        Assert.Empty(call.QualityFlags);
    }

    [Fact]
    public async Task Both_encodings_of_a_request_give_the_same_rows()
    {
        var request = SomeTrace.Of(
            SomeTrace.Chat("aa01", inputTokens: 120, outputTokens: 30) with { Error = "timeout" },
            SomeTrace.Chat("aa02", inputTokens: 7, outputTokens: 1));

        var json = await ReadBytesAsync(Utf8(request.ToJson()));
        var fromJson = await Log.CallsAsync();
        var binary = await ReadBytesAsync(request.ToProtobuf());
        await using var other = await ImportedLog.OpenAsync();
        await other.ImportAsync(new MemoryStream(request.ToProtobuf()), new ImportRequest { FileName = "t.pb" });

        Assert.Equal(("otlp (JSONL)", "otlp (protobuf)"), (json.Format, binary.Format));
        Assert.Equal((2, 0), (json.RowsStored, binary.RowsStored));
        Assert.Equivalent(fromJson, await other.CallsAsync(), strict: true);
        Assert.Equal([CallStatus.Timeout, CallStatus.Success], fromJson.OrderBy(call => call.SourceId).Select(call => call.Status));
    }

    [Fact]
    public async Task Spans_of_agents_workflows_and_tools_are_passed_over_because_they_sum_up_the_calls_below()
    {
        var request = SomeTrace.Of(
            SomeTrace.Chat("01", 10, 1) with { Operation = "invoke_agent" },
            SomeTrace.Chat("02", 10, 1) with { Operation = "execute_tool" },
            SomeTrace.Chat("03", 10, 1) with { Operation = "create_agent" },
            SomeTrace.Chat("04", 10, 1),
            SomeTrace.Chat("05", 10, 1) with { Operation = "embeddings" });

        var report = await ReadBytesAsync(Utf8(request.ToJson()));

        Assert.Equal((2, 3), (report.RowsStored, report.RowsSkipped));
        Assert.Contains("3 records are no calls of a model and were passed over.", report.Assumptions);
        Assert.Equal(["chat", "embeddings"], (await Log.CallsAsync()).Select(call => call.Operation).Order());
    }

    [Fact]
    public async Task The_answer_that_two_libraries_report_is_one_call()
    {
        var request = SomeTrace.Of(
            SomeTrace.Chat("01", 10, 1) with { ResponseId = "chatcmpl-9" }, SomeTrace.Chat("02", 10, 1) with { ResponseId = "chatcmpl-9" });

        var report = await ReadBytesAsync(Utf8(request.ToJson()));

        Assert.Equal((1, 1), (report.RowsStored, report.RowsDuplicate));
    }

    [Fact]
    public async Task The_older_names_are_read_too()
    {
        var call = await ReadOneAsync(OneLine(
            """
            {"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"01","span_id":"02","start_time_unix_nano":1770091506500000000,
             "end_time_unix_nano":1770091507500000000,"attributes":[
              {"key":"gen_ai.system","value":{"stringValue":"anthropic"}},
              {"key":"gen_ai.request.model","value":{"stringValue":"claude-3-5-sonnet-20241022"}},
              {"key":"gen_ai.usage.prompt_tokens","value":{"intValue":"30"}},
              {"key":"gen_ai.usage.completion_tokens","value":{"intValue":"10"}},
              {"key":"gen_ai.usage.cache_read_input_tokens","value":{"intValue":"50"}}]}]}]}]}
            """), ImportFormats.Otlp);

        Assert.Equal(("01:02", "anthropic", 30, 50, 10), (call.SourceId, call.Provider, call.InUncached, call.InCacheRead, call.OutVisible));
    }

    [Fact]
    public async Task A_bad_span_is_rejected_alone()
    {
        var request = SomeTrace.Of(
            SomeTrace.Chat("01", -5, 1), SomeTrace.Chat("02", 10, 1) with { StartNanos = 1 }, SomeTrace.Chat("03", 10, 1));

        var report = await ReadBytesAsync(Utf8(request.ToJson()));

        Assert.Equal(["gen_ai.usage.input_tokens", "startTimeUnixNano"], report.Rejected.Select(row => row.Field));
        Assert.Equal(1, report.RowsStored);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(200)]
    public async Task A_binary_file_that_breaks_off_keeps_its_whole_parts(int cut)
    {
        byte[] two = [.. SomeTrace.Of(SomeTrace.Chat("01", 10, 1)).ToProtobuf(), .. SomeTrace.Of(SomeTrace.Chat("02", 10, 1)).ToProtobuf()];

        var report = await ReadBytesAsync(two[..^cut]);

        Assert.Equal(1, report.RowsStored);
        Assert.Contains("middle of a field", Assert.Single(report.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_binary_file_of_the_collector_is_read_whole()
    {
        var report = await ReadBytesAsync(CollectorFile.ThreeSpans(), "traces.bin");
        var calls = (await Log.CallsAsync()).OrderBy(call => call.StartedAt).ToList();

        Assert.Equal(("otlp (protobuf, length-prefixed)", 3, 0), (report.Format, report.RowsStored, report.RowsRejected));
        Assert.Equal<(string?, long, long)>([("gpt-4o", 1_200, 100), ("gpt-4o-mini", 800, 40), ("claude-sonnet-4-20250514", 10, 10)], calls.Select(call => (call.RequestModel, call.InUncached, call.OutVisible)));
        Assert.All(calls, call => Assert.Equal(("helpdesk", 2.5, 0.2), (call.Feature, (call.EndedAt - call.StartedAt)!.Value.TotalSeconds, call.Temperature)));
        Assert.Equal(0, (await ReadBytesAsync(CollectorFile.ThreeSpans())).RowsStored);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(381)]
    public async Task A_binary_file_of_the_collector_that_breaks_off_keeps_its_whole_messages(int cut)
    {
        var report = await ReadBytesAsync(CollectorFile.ThreeSpans()[..^cut]);

        Assert.Equal(2, report.RowsStored);
        Assert.Contains("middle of a message", Assert.Single(report.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_message_of_the_collector_is_rejected_alone()
    {
        var content = CollectorFile.ThreeSpans();
        content.AsSpan(400, 40).Fill(0xff);

        var report = await ReadBytesAsync(content);

        Assert.Equal((2, 1), (report.RowsStored, report.RowsRejected));
    }

    [Fact]
    public async Task Messages_that_the_collector_compressed_are_refused_with_the_way_out()
    {
        byte[] content = [0, 0, 0, 20, 0x28, 0xb5, 0x2f, 0xfd, .. new byte[16]];

        var refused = await Assert.ThrowsAsync<UsageImportException>(() => ReadBytesAsync(content, "traces.bin"));

        Assert.Contains("without 'compression: zstd'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_single_request_over_many_lines_is_read_whole()
    {
        var report = await ReadBytesAsync(Utf8(SomeTrace.Of(SomeTrace.Chat("01", 10, 1)).ToJson().Replace(",", ",\n", StringComparison.Ordinal)));

        Assert.Equal(("otlp (JSON)", 1), (report.Format, report.RowsStored));
    }
}
