using System.Globalization;

namespace Apex.Bench.Import;

/// <summary>Made-up rows in the shape of a format, as wide as real ones are; no real log of these formats is at hand.</summary>
internal sealed record GeneratedFile(string Name, string DuckDbReader, string? Header, Func<GeneratedCall, string> Row) : Workload(Name, DuckDbReader)
{
    private const int Rows = 100_000;
    private const int SpansInRequest = 200;

    public static new IReadOnlyList<GeneratedFile> All { get; } =
    [
        new("litellm", "read_json", null, call =>
            $$$$$"""{"request_id":"{{{{{call.Id}}}}}","call_type":"acompletion","spend":0.01,"total_tokens":{{{{{call.Input + call.Output}}}}},"prompt_tokens":{{{{{call.Input}}}}},"completion_tokens":{{{{{call.Output}}}}},"startTime":"{{{{{call.Time}}}}}","endTime":"{{{{{call.Time}}}}}","model":"gpt-4o-2024-11-20","model_group":"gpt-4o","custom_llm_provider":"openai","user":"user-{{{{{call.Number % 50}}}}}","team_id":"support","request_tags":["feature:search"],"metadata":{"usage_object":{"prompt_tokens_details":{"cached_tokens":100}}}}"""),
        new("langfuse", "read_json", null, call =>
            $$$"""{"id":"{{{call.Id}}}","trace_id":"t{{{call.Number / 3}}}","type":"GENERATION","start_time":"{{{call.Time}}}","end_time":"{{{call.Time}}}","provided_model_name":"gpt-4o","model_parameters":"{\"temperature\":\"0.2\"}","usage_details":{"input":{{{call.Input}}},"input_cached_tokens":100,"output":{{{call.Output}}}},"total_cost":0.01,"user_id":"user-{{{call.Number % 50}}}","session_id":"s1","tags":["team:search"]}"""),
        new("helicone", "read_csv", "request_id,request_created_at,response_status,provider,request_model,prompt_tokens,completion_tokens,delay_ms,request_user_id", call =>
            $"{call.Id},{call.Time},200,OPENAI,gpt-4o,{call.Input},{call.Output},1200,user-{call.Number % 50}"),
        new("claude_code", "read_json", null, call =>
            $$$$"""{"type":"assistant","uuid":"u","sessionId":"s1","timestamp":"{{{{call.Time}}}}","cwd":"/src/app","version":"2.1.0","message":{"id":"{{{{call.Id}}}}","model":"claude-sonnet-4-20250514","stop_reason":"end_turn","usage":{"input_tokens":2,"cache_read_input_tokens":{{{{call.Input}}}},"cache_creation_input_tokens":10,"output_tokens":{{{{call.Output}}}}}}}"""),
        new("otlp", "read_json", null, call =>
            $$$$"""{"traceId":"{{{{call.Id}}}}","spanId":"{{{{call.Id[16..]}}}}","startTimeUnixNano":"{{{{call.UnixSeconds}}}}000000000","endTimeUnixNano":"{{{{call.UnixSeconds}}}}900000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"{{{{call.Input}}}}"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"{{{{call.Output}}}}"}}]}"""),
    ];

    protected override void Write(TextWriter writer)
    {
        if (Header is not null)
            writer.WriteLine(Header);
        if (Name == "otlp")
        {
            foreach (var request in Enumerable.Range(0, Rows).Select(number => Row(new GeneratedCall(number))).Chunk(SpansInRequest))
                writer.WriteLine($$"""{"resourceSpans":[{"scopeSpans":[{"spans":[{{string.Join(',', request)}}]}]}]}""");
            return;
        }

        for (var number = 0; number < Rows; number++)
            writer.WriteLine(Row(new GeneratedCall(number)));
    }
}

internal readonly record struct GeneratedCall(int Number)
{
    private const long FirstSecond = 1_770_000_000;

    public string Id => Number.ToString("x32", CultureInfo.InvariantCulture);

    public int Input => 200 + (Number % 1_700);

    public int Output => 1 + (Number % 300);

    public long UnixSeconds => FirstSecond + Number;

    public string Time => DateTimeOffset.FromUnixTimeSeconds(UnixSeconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
