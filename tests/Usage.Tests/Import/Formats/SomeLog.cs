using System.Globalization;
using System.Text;
using Apex.Usage.Import;
using Apex.Usage.Tests.Import.Otlp;

namespace Apex.Usage.Tests.Import.Formats;

/// <summary>A made-up log of any format from a seed: enough rows to tell them apart, equal ones among them.</summary>
internal static class SomeLog
{
    public static readonly IReadOnlyList<string> Formats = [.. ImportFormats.Names.Where(name => name is not (ImportFormats.Auto or ImportFormats.Csv))];

    public static byte[] Of(string format, int seed, int rows)
    {
        var random = new Random(seed);
        var calls = Enumerable.Range(0, rows).Select(index => new Call(
            index, random.Next(1, 2_000), random.Next(0, 500), random.Next(2) == 0 ? "gpt-4o" : "o3",
            new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(random.Next(0, 40)))).ToList();
        return format switch
        {
            ImportFormats.Otlp => seed % 2 == 0 ? Trace(calls).ToProtobuf() : Encoding.UTF8.GetBytes(Trace(calls).ToJson()),
            ImportFormats.Aider => Text(calls, "time_unix,main_model,prompt_tokens,completion_tokens", call =>
                $"{call.At.ToUnixTimeSeconds()},{call.Model},{call.Input},{call.Output}"),
            ImportFormats.Azure => Text(calls, "TIMESTAMP,ContextTokens,GeneratedTokens", call => $"{call.Iso},{call.Input},{call.Output}"),
            ImportFormats.BurstGpt => Text(calls, "Timestamp,Model,Request tokens,Response tokens", call =>
                $"{call.Number % 7},ChatGPT,{call.Input},{call.Output}"),
            ImportFormats.Focus => Text(calls,
                "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ConsumedQuantity,ConsumedUnit,BilledCost,BillingCurrency,SkuMeter", call =>
                $"{call.Iso},{call.At.AddHours(1):yyyy-MM-ddTHH:mm:ssZ},Usage,{call.Input},Tokens,0.1,USD,{call.Model} input"),
            ImportFormats.Mooncake => Text(calls, null, call =>
                $$"""{"timestamp":{{call.Number}},"input_length":{{call.Input}},"output_length":{{call.Output}},"hash_ids":[{{string.Join(',', Enumerable.Range(0, (call.Input + 511) / 512))}}]}"""),
            ImportFormats.QwenBailian => Text(calls, null, call =>
                $$"""{"chat_id":{{call.Number}},"timestamp":{{call.Number % 5}},"input_length":{{call.Input}},"output_length":{{call.Output}},"hash_ids":[{{string.Join(',', Enumerable.Range(0, (call.Input + 15) / 16))}}]}"""),
            ImportFormats.LiteLlm => Text(calls, null, call =>
                $$"""{"request_id":"r{{call.Number}}","startTime":"{{call.Iso}}","model":"{{call.Model}}","prompt_tokens":{{call.Input}},"completion_tokens":{{call.Output}}}"""),
            ImportFormats.Langfuse => Text(calls, null, call =>
                $$$"""{"id":"o{{{call.Number}}}","trace_id":"t","type":"GENERATION","start_time":"{{{call.Iso}}}","usage_details":{"input":{{{call.Input}}},"output":{{{call.Output}}}}}"""),
            ImportFormats.Helicone => Text(calls, null, call =>
                $$"""{"request_id":"h{{call.Number}}","request_created_at":"{{call.Iso}}","model":"{{call.Model}}","prompt_tokens":{{call.Input}},"completion_tokens":{{call.Output}}}"""),
            ImportFormats.OpenInference => Text(calls, null, call =>
                $$$$"""{"context":{"trace_id":"t","span_id":"s{{{{call.Number}}}}"},"span_kind":"LLM","start_time":"{{{{call.Iso}}}}","attributes":{"llm.token_count.prompt":{{{{call.Input}}}},"llm.token_count.completion":{{{{call.Output}}}}}}"""),
            ImportFormats.OpenAiUsage => Text(calls, null, call =>
                $$$"""{"object":"bucket","start_time":{{{call.At.ToUnixTimeSeconds()}}},"end_time":{{{call.At.ToUnixTimeSeconds() + 60}}},"results":[{"input_tokens":{{{call.Input}}},"output_tokens":{{{call.Output}}},"model":"{{{call.Model}}}-{{{call.Number}}}"}]}"""),
            ImportFormats.AnthropicUsage => Text(calls, null, call =>
                $$$"""{"starting_at":"{{{call.Iso}}}","ending_at":"{{{call.At.AddMinutes(1):yyyy-MM-ddTHH:mm:ssZ}}}","results":[{"uncached_input_tokens":{{{call.Input}}},"output_tokens":{{{call.Output}}},"model":"{{{call.Model}}}-{{{call.Number}}}"}]}"""),
            ImportFormats.ClaudeCode => Text(calls, null, call =>
                $$$$"""{"type":"assistant","sessionId":"s","timestamp":"{{{{call.Iso}}}}","message":{"id":"m{{{{call.Number}}}}","model":"claude-sonnet-4-20250514","usage":{"input_tokens":{{{{call.Input}}}},"output_tokens":{{{{call.Output}}}}}}}"""),
            ImportFormats.Codex => Codex(calls),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "No sample of this format."),
        };
    }

    private static SomeTrace Trace(List<Call> calls) => new(
        [.. calls.Select(call => SomeTrace.Chat(call.Number.ToString("x4", CultureInfo.InvariantCulture), call.Input, call.Output))]);

    private static byte[] Codex(List<Call> calls)
    {
        var (input, output) = (0, 0);
        return Text(calls, """{"timestamp":"2026-02-01T00:00:00Z","type":"session_meta","payload":{"id":"sess"}}""", call =>
        {
            (input, output) = (input + call.Input, output + call.Output);
            return $$$$$"""{"timestamp":"{{{{{call.Iso}}}}}","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":{{{{{input}}}}},"output_tokens":{{{{{output}}}}}}}}}""";
        });
    }

    private static byte[] Text(List<Call> calls, string? header, Func<Call, string> row)
    {
        var text = new StringBuilder();
        if (header is not null)
            text.Append(header).Append('\n');
        foreach (var call in calls)
            text.Append(row(call)).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private sealed record Call(int Number, int Input, int Output, string Model, DateTimeOffset At)
    {
        public string Iso => At.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }
}
