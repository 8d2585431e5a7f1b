
namespace Apex.Usage.Tests.Import.Formats;

public sealed class CodingAgentImportTests : FormatTest
{
    private static string Claude(string id, int output, string second) => OneLine(
        $$$$"""
        {"type":"assistant","uuid":"u{{{{second}}}}","sessionId":"s1","timestamp":"2026-03-01T10:00:{{{{second}}}}.000Z","cwd":"/src/app",
        "version":"2.1.0","gitBranch":"main","isSidechain":false,"message":{"id":"{{{{id}}}}","type":"message","role":"assistant",
        "model":"claude-sonnet-4-20250514","stop_reason":"end_turn","usage":{"input_tokens":2,"cache_read_input_tokens":15030,
        "cache_creation_input_tokens":8655,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":8655},
        "output_tokens":{{{{output}}}},"service_tier":"standard"}}}
        """);

    [Fact]
    public async Task Lines_of_one_answer_are_one_call_with_the_first_ones_time_and_the_last_ones_tokens()
    {
        var report = await Log.ImportTextAsync(string.Join('\n',
            """{"type":"summary","summary":"x","leafUuid":"y"}""",
            """{"type":"user","sessionId":"s1","uuid":"q","timestamp":"2026-03-01T10:00:00.000Z","message":{"role":"user","content":"hi"}}""",
            Claude("msg_1", 1, "01"), Claude("msg_1", 1, "02"),
            """{"type":"user","sessionId":"s1","uuid":"r","timestamp":"2026-03-01T10:00:03.000Z","message":{"role":"user","content":[]}}""",
            Claude("msg_1", 211, "04"), Claude("msg_2", 90, "05")));
        var calls = await Log.CallsAsync();

        Assert.Equal(("claude_code (JSONL)", 2, 5), (report.Format, report.RowsStored, report.RowsSkipped));
        Assert.Equal(["msg_1", "msg_2"], calls.Select(call => call.SourceId));
        Assert.Equal((1, 211), (calls[0].StartedAt.Second, calls[0].OutVisible));
        Assert.Equal((2, 15_030, 0, 8_655), (calls[0].InUncached, calls[0].InCacheRead, calls[0].InCacheWrite5m, calls[0].InCacheWrite1h));
        Assert.Equal(("s1", "claude-code", "anthropic", "/src/app", "main"),
            (calls[0].ConversationId, calls[0].Feature, calls[0].Provider, calls[0].Tags["project"], calls[0].Tags["git_branch"]));
        Assert.Empty(calls[0].QualityFlags);
        Assert.NotNull(calls[0].CostList);
    }

    [Fact]
    public async Task A_resumed_session_adds_only_what_is_new()
    {
        await Log.ImportTextAsync(Claude("msg_1", 5, "01"));

        var report = await Log.ImportTextAsync(Claude("msg_1", 5, "01") + "\n" + Claude("msg_2", 5, "02"));

        Assert.Equal((1, 1), (report.RowsStored, report.RowsDuplicate));
    }

    [Fact]
    public async Task Answers_the_program_made_up_itself_are_passed_over()
    {
        var report = await Log.ImportTextAsync(
            Claude("msg_1", 5, "01").Replace("claude-sonnet-4-20250514", "<synthetic>", StringComparison.Ordinal));

        Assert.Equal((0, 1), (report.RowsRead, report.RowsSkipped));
    }

    [Fact]
    public async Task A_Codex_session_is_read_by_what_its_totals_rise_by()
    {
        var report = await Log.ImportTextAsync(string.Join('\n',
            """{"timestamp":"2026-03-01T10:00:00.000Z","type":"session_meta","payload":{"id":"sess","cwd":"/src/app","cli_version":"0.58.0","model_provider":"openai"}}""",
            """{"timestamp":"2026-03-01T10:00:01.000Z","type":"turn_context","payload":{"model":"gpt-5-codex","effort":"high"}}""",
            """{"timestamp":"2026-03-01T10:00:02.000Z","type":"event_msg","payload":{"type":"token_count","info":null,"rate_limits":{}}}""",
            Count("03", 1_000, 200, 50, 10, last: true),
            Count("04", 1_000, 200, 50, 10, last: true),
            Count("05", 3_000, 1_200, 90, 20, last: false)));
        var calls = await Log.CallsAsync();

        Assert.Equal(("codex (JSONL)", 2), (report.Format, report.RowsStored));
        Assert.Equal(["sess:1", "sess:2"], calls.Select(call => call.SourceId));
        Assert.Equal((800, 200, 40, 10), (calls[0].InUncached, calls[0].InCacheRead, calls[0].OutVisible, calls[0].OutReasoning));
        Assert.Equal((1_000, 1_000, 30, 10), (calls[1].InUncached, calls[1].InCacheRead, calls[1].OutVisible, calls[1].OutReasoning));
        Assert.Equal(("gpt-5-codex", "codex", 2), (calls[1].RequestModel, calls[1].Feature, calls[1].Turn));
    }

    [Fact]
    public async Task A_Codex_session_that_went_on_adds_only_what_is_new()
    {
        const string head = """{"timestamp":"2026-03-01T10:00:00.000Z","type":"session_meta","payload":{"id":"sess"}}""";
        await Log.ImportTextAsync(head + "\n" + Count("03", 10, 0, 5, 0, last: false));

        var report = await Log.ImportTextAsync(head + "\n" + Count("03", 10, 0, 5, 0, last: false) + "\n" + Count("04", 20, 0, 9, 0, last: false));

        Assert.Equal((1, 1), (report.RowsStored, report.RowsDuplicate));
    }

    private static string Count(string second, int input, int cached, int output, int reasoning, bool last)
    {
        var usage = $$"""{"input_tokens":{{input}},"cached_input_tokens":{{cached}},"output_tokens":{{output}},"reasoning_output_tokens":{{reasoning}},"total_tokens":{{input + output}}}""";
        var latest = last ? $",\"last_token_usage\":{usage}" : "";
        return $$$$"""{"timestamp":"2026-03-01T10:00:{{{{second}}}}.000Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{{{{usage}}}}{{{{latest}}}}},"rate_limits":{}}}""";
    }
}
