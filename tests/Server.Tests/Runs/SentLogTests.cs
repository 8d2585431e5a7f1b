using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Runs;
using Apex.Server.Runs.SentLogs;
using Apex.Testing;
using Apex.Usage.Events;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

public sealed class SentLogTests
{
    private const string Claude = """
        {"_provider":"claude","_source_file":"a.jsonl","type":"assistant","timestamp":"2026-01-02T03:04:05.678Z","sessionId":"s1","requestId":"req_1",
         "message":{"id":"msg_1","model":"claude-sonnet-4-5","stop_reason":"end_turn","usage":{"input_tokens":10,"cache_read_input_tokens":2000,
         "cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":300},"output_tokens":70}}}
        """;

    private static readonly TenantId Tenant = new("org");

    [Fact]
    public void Claude_usage_falls_into_disjoint_buckets()
    {
        var call = Read(Claude)!;

        Assert.Equal(
            (10L, 2_000L, 200L, 300L, 70L), (call.InUncached, call.InCacheRead, call.InCacheWrite5m, call.InCacheWrite1h, call.OutVisible));
        Assert.Equal(("claude_code", "msg_1:req_1", "claude-sonnet-4-5", "s1"), (call.Source, call.SourceId, call.Model, call.ConversationId));
    }

    [Fact]
    public void Codex_usage_takes_its_model_from_the_turn_and_its_contained_tokens_apart()
    {
        var reader = new SentLogReader(Tenant, Some.Time.AddDays(1));
        Assert.Null(reader.Read(Json("""{"_provider":"codex","_source_file":"r","type":"turn_context","payload":{"model":"gpt-5-codex"}}""")));

        var call = reader.Read(Json("""
            {"_provider":"codex","_source_file":"r","timestamp":"2026-01-02T03:04:05Z","type":"event_msg","payload":{"type":"token_count","info":{
             "total_token_usage":{"total_tokens":900},
             "last_token_usage":{"input_tokens":800,"cached_input_tokens":600,"output_tokens":100,"reasoning_output_tokens":40}}}}
            """))!;

        Assert.Equal((200L, 600L, 60L, 40L), (call.InUncached, call.InCacheRead, call.OutVisible, call.OutReasoning));
        Assert.Equal("gpt-5-codex", call.Model);
    }

    [Fact]
    public void Gemini_usage_counts_thoughts_and_tools_beside_the_rest()
    {
        var call = Read("""
            {"_provider":"gemini","id":"m1","sessionId":"s","timestamp":"2026-01-02T03:04:05Z","type":"gemini","model":"gemini-2.5-pro",
             "tokens":{"input":100,"output":30,"cached":40,"thoughts":20,"tool":5,"total":155}}
            """)!;

        Assert.Equal((65L, 40L, 30L, 20L), (call.InUncached, call.InCacheRead, call.OutVisible, call.OutReasoning));
        Assert.Equal(155, call.InputTotal + call.OutputTotal);
    }

    [Theory]
    [InlineData("""{"_provider":"claude","type":"user","message":{"role":"user","content":"hello"}}""")]
    [InlineData("""{"_provider":"gemini","type":"user","message":"hello"}""")]
    [InlineData("""{"_provider":"elsewhere","tokens":{"input":1}}""")]
    [InlineData("[1,2,3]")]
    public void Lines_that_tell_of_no_call_are_passed_over(string line) => Assert.Null(Read(line));

    [Theory]
    [InlineData("\"output_tokens\":70", "\"output_tokens\":-1", "output_tokens")]
    [InlineData("2026-01-02T03:04:05.678Z", "yesterday", "timestamp")]
    [InlineData("2026-01-02T03:04:05.678Z", "2999-01-01T00:00:00Z", "future")]
    public void Calls_that_cannot_be_true_are_refused_with_a_reason(string part, string wrong, string reason)
    {
        var refused = Assert.Throws<FormatException>(() => Read(Claude.Replace(part, wrong, StringComparison.Ordinal)));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_sent_with_a_message_reach_the_usage_log_once_and_the_run_says_what_was_read()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var principal = await StartingRunsTests.PrincipalOfAsync(server, tokens);
        var lines = new[] { Json(Claude), Json(Claude), Json("""{"_provider":"claude","type":"user","message":{}}""") };
        var starter = server.Services.GetRequiredService<RunStarter>();

        var told = new List<SentLogsView>();
        for (var i = 0; i < 2; i++)
        {
            var outcome = await starter.StartAsync(
                principal, StartingRunsTests.Ask("Look at my logs", null) with { JsonlLogs = lines }, CancellationToken.None);
            var accepted = Assert.IsType<StartOutcome.Accepted>(outcome).Reply;
            var events = await user.EventsToTheEndAsync(accepted.RunId);
            Assert.Contains(events.OfType<AgentThinking>(), said => said.Thought.Contains("3 log lines", StringComparison.Ordinal));
            var page = await user.GetAsync($"/api/threads/{accepted.ThreadId}/messages", ApexJson.Default.MessagePage);
            told.Add(page.Messages[0].Metadata!.SentLogs!);
        }

        Assert.Equal((3, 2, 1), (told[0].Lines, told[0].Calls, told[0].Stored));
        Assert.Equal((3, 2, 0), (told[1].Lines, told[1].Calls, told[1].Stored));
        Assert.Equal(1, (await user.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
    }

    private static UsageEvent? Read(string line) => new SentLogReader(Tenant, Some.Time.AddDays(1)).Read(Json(line));

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;
}
