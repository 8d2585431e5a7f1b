using System.IO.Compression;
using System.Text;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Tests.Import.Otlp;

namespace Apex.Usage.Tests.Import.Formats;

/// <summary>What files of every format may be like: one bad row costs itself alone, and a broken file says where it broke.</summary>
public sealed class BadFilesTests : FormatTest
{
    public static TheoryData<string> Formats => [.. SomeLog.Formats];

    public static TheoryData<string> LineFormats => [.. SomeLog.Formats.Except([ImportFormats.Otlp])];

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_gzip_that_breaks_off_says_so_and_goes_on_when_repeated(string format)
    {
        var whole = Gzip(SomeLog.Of(format, seed: 7, rows: 400));

        var error = await Assert.ThrowsAsync<UsageImportException>(() => Log.ImportAsync(
            new MemoryStream(whole[..^20]), new ImportRequest { FileName = "log.gz", Format = format }));
        var again = await ReadBytesAsync(whole);

        Assert.Contains("log.gz", error.Message, StringComparison.Ordinal);
        Assert.Equal(400, (error.Report?.RowsStored ?? 0) + again.RowsStored);
        Assert.Equal(400, (await Log.CallsAsync()).Count);
    }

    [Theory]
    [MemberData(nameof(LineFormats))]
    public async Task A_line_in_another_encoding_is_rejected_alone(string format)
    {
        var content = SomeLog.Of(format, seed: 9, rows: 5);
        byte[] mixed = [.. content, .. "Andr"u8, 0xe9, .. "\n"u8, .. Encoding.Latin1.GetBytes("Zo\u00eb\n")];

        var report = await ReadBytesAsync(mixed);

        Assert.Equal((5, 2), (report.RowsStored, report.RowsRejected));
        Assert.All(report.Rejected, row => Assert.Equal("not valid UTF-8", row.Reason));
    }

    [Theory]
    [InlineData("0000-01-01T00:00:00Z", "not an ISO 8601")]
    [InlineData("0001-01-01T00:00:00Z", "2015-01-01")]
    [InlineData("9999-12-31T23:59:59Z", "2015-01-01")]
    [InlineData("2026-13-45T00:00:00Z", "not an ISO 8601")]
    public async Task Dates_that_cannot_be_are_rejected_in_every_format_that_writes_dates(string date, string reason)
    {
        string[] rows =
        [
            $$"""{"request_id":"r","startTime":"{{date}}","model":"m","prompt_tokens":1,"completion_tokens":1}""",
            $$$"""{"id":"o","trace_id":"t","type":"GENERATION","start_time":"{{{date}}}","usage_details":{"input":1,"output":1}}""",
            $$"""{"request_id":"h","request_created_at":"{{date}}","model":"m","prompt_tokens":1,"completion_tokens":1}""",
            $$$$"""{"type":"assistant","sessionId":"s","timestamp":"{{{{date}}}}","message":{"id":"m","model":"c","usage":{"input_tokens":1,"output_tokens":1}}}""",
        ];

        foreach (var row in rows)
            Assert.Contains(reason, Assert.Single((await Log.ImportTextAsync(row)).Rejected).Reason, StringComparison.Ordinal);
        Assert.Empty(await Log.CallsAsync());
    }

    [Theory]
    [InlineData("-5", "negative")]
    [InlineData("1.5", "not a whole number")]
    [InlineData("1e12", "above 1000000000")]
    [InlineData("\"NaN\"", "not a whole number")]
    [InlineData("\"\u0661\u0662\"", "not a whole number")]
    [InlineData("NaN", "not valid JSON")]
    public async Task Counts_that_cannot_be_are_rejected_in_every_format_of_json(string count, string reason)
    {
        string[] rows =
        [
            $$"""{"request_id":"r","startTime":"2026-01-01T00:00:00Z","model":"m","prompt_tokens":{{count}},"completion_tokens":1}""",
            $$$"""{"id":"o","trace_id":"t","type":"GENERATION","start_time":"2026-01-01T00:00:00Z","usage_details":{"input":{{{count}}},"output":1}}""",
            $$"""{"request_id":"h","request_created_at":"2026-01-01T00:00:00Z","model":"m","prompt_tokens":{{count}},"completion_tokens":1}""",
            $$$$$"""{"context":{"trace_id":"t","span_id":"s"},"span_kind":"LLM","start_time":"2026-01-01T00:00:00Z","attributes":{"llm":{"token_count":{"prompt":{{{{{count}}}}},"completion":1}}}}""",
            $$$"""{"object":"bucket","start_time":1769904000,"end_time":1769990400,"results":[{"input_tokens":{{{count}}},"output_tokens":1,"model":"m"}]}""",
            $$$$"""{"type":"assistant","sessionId":"s","timestamp":"2026-01-01T00:00:00Z","message":{"id":"m","model":"c","usage":{"input_tokens":{{{{count}}}},"output_tokens":1}}}""",
        ];

        foreach (var row in rows)
            Assert.Contains(reason, Assert.Single((await Log.ImportTextAsync(row)).Rejected).Reason, StringComparison.Ordinal);
        Assert.Empty(await Log.CallsAsync());
    }

    [Fact]
    public async Task Half_an_emoji_in_a_text_costs_nothing()
    {
        var report = await Log.ImportTextAsync(
            """
            {"request_id":"r1","startTime":"2026-01-01T00:00:00Z","model":"m","prompt_tokens":1,"completion_tokens":1,"user":"a\ud83d","metadata":{"\udc00":"x"}}
            {"request_id":"r2","startTime":"2026-01-01T00:00:01Z","model":"m","prompt_tokens":1,"completion_tokens":1,"user":"a\ud83d\ude00 \\ud83d","messages":[{"content":"\ude00"}]}
            """);

        Assert.Empty(report.Rejected);
        Assert.Equal(["a\ufffd", "a\ud83d\ude00 \\ud83d"], (await Log.CallsAsync()).Select(call => call.UserId));
    }

    [Fact]
    public async Task The_same_call_from_a_gateway_and_a_tracer_is_marked_once_by_its_id()
    {
        await Log.ImportTextAsync(
            """{"request_id":"chatcmpl-7","startTime":"2026-02-03T04:05:06Z","model":"openai/gpt-4o","prompt_tokens":120,"completion_tokens":30}""");
        await ReadBytesAsync(SomeTrace.Of(SomeTrace.Chat("01", 120, 30) with { ResponseId = "chatcmpl-7" }).ToProtobuf());

        Assert.Equal(["otlp"], (await Log.CallsAsync())
            .Where(call => call.QualityFlags.Contains(QualityFlags.DuplicateSource)).Select(call => call.Source));
    }

    [Fact]
    public async Task The_same_call_from_Helicone_and_Langfuse_is_marked_by_its_figures()
    {
        await Log.ImportTextAsync(
            """{"id":"o","trace_id":"t","type":"GENERATION","start_time":"2026-02-03T04:05:06.500Z","provided_model_name":"gpt-4o","usage_details":{"input":120,"output":30}}""");
        await Log.ImportTextAsync(
            """{"request_id":"h","request_created_at":"2026-02-03T04:05:06Z","request_model":"gpt-4o","prompt_tokens":120,"completion_tokens":30}""");

        Assert.Equal(["langfuse"], (await Log.CallsAsync())
            .Where(call => call.QualityFlags.Contains(QualityFlags.DuplicateSource)).Select(call => call.Source));
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }
}
