using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Connections.Framing;
using Apex.Testing;

namespace Apex.Server.Tests.Netra;

public sealed class NetraDialectTests(NetraDialectTests.Fixture fixture) : IClassFixture<NetraDialectTests.Fixture>
{
    private static int _users;

    private const string BypassKey = "a key of the test, as long as the operator likes, set by configuration";

    private ApexTestServer Server => fixture.Server;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_client_logs_in_asks_and_gets_its_answer_over_each_carrier(int carrier)
    {
        var token = await TokenAsync();
        await using var client = await NetraClient.ConnectAsync(Server.Address, token, firstCarrier: carrier);
        await client.HandshakeAsync();

        var run = await client.AskAsync("What are we spending?");
        var answer = await client.WaitForAnswerAsync();

        AssertCompleteRun(client, run, answer);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task Old_and_new_versions_of_the_handshake_are_served(bool asksFirst, bool oldName)
    {
        await using var client = await NetraClient.ConnectAsync(Server.Address, await TokenAsync());
        await client.HandshakeAsync(asksFirst, oldName);

        var run = await client.AskAsync("What are we spending?");

        AssertCompleteRun(client, run, await client.WaitForAnswerAsync());
    }

    [Fact]
    public async Task A_client_that_sends_its_message_without_any_handshake_is_served_too()
    {
        await using var client = await NetraClient.ConnectAsync(Server.Address, await TokenAsync());

        await client.AskAsync("What are we spending?", runId: null, threadId: null);
        var answer = await client.WaitForAnswerAsync();

        Assert.NotEmpty(answer.Text("run_id"));
        Assert.NotEmpty(answer.Text("thread_id"));
    }

    [Fact]
    public async Task Null_run_and_thread_are_accepted_and_the_server_makes_them()
    {
        await using var client = await NetraClient.ConnectAsync(Server.Address, await TokenAsync());
        await client.HandshakeAsync();

        await client.AskAsync("What are we spending?", runId: null, threadId: null);
        var answer = await client.WaitForAnswerAsync();

        Assert.StartsWith("run_", answer.Text("run_id"));
        Assert.NotEqual(client.ThreadId, answer.Text("thread_id"));
    }

    [Fact]
    public async Task Several_messages_of_one_connection_share_its_thread()
    {
        await using var client = await NetraClient.ConnectAsync(Server.Address, await TokenAsync());
        await client.HandshakeAsync();

        await client.AskAsync("What are we spending?");
        var first = await client.WaitForAnswerAsync();
        await client.AskAsync("And per model?");
        var second = await client.WaitForAnswerAsync();

        Assert.Equal((client.ThreadId, client.ThreadId), (first.Text("thread_id"), second.Text("thread_id")));
        Assert.NotEqual(first.Text("run_id"), second.Text("run_id"));
    }

    [Fact]
    public async Task A_connection_is_shown_only_the_runs_it_started()
    {
        var token = await TokenAsync();
        await using var first = await NetraClient.ConnectAsync(Server.Address, token);
        await first.HandshakeAsync();
        await using var second = await NetraClient.ConnectAsync(Server.Address, token);
        await second.HandshakeAsync();

        var firstRun = await first.AskAsync("What are we spending?");
        var secondRun = await second.AskAsync("Is anything wrong with it?");
        await first.WaitForAnswerAsync();
        await second.WaitForAnswerAsync();

        Assert.All(first.Events.Where(HasRun), one => Assert.Equal(firstRun, one.Text("run_id")));
        Assert.All(second.Events.Where(HasRun), one => Assert.Equal(secondRun, one.Text("run_id")));
    }

    [Fact]
    public async Task Log_chunks_over_forty_parallel_connections_are_all_answered()
    {
        const int Chunks = 40;
        var token = await TokenAsync();
        await using var first = await NetraClient.ConnectAsync(Server.Address, token);
        await first.HandshakeAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, Chunks).Select(async chunk =>
        {
            await using var client = await NetraClient.ConnectAsync(Server.Address, token);
            await client.HandshakeAsync();
            await client.SendLogsAsync(Enumerable.Range(0, 250).Select(line => LogLine(chunk, line)), chunk, Chunks);
            var answer = await client.WaitForAnswerAsync();
            await client.Wire.SendRawAsync(MaskedFrame.Close(1000));
            await client.Wire.ReceiveCloseAsync(answers: false);
            await client.Wire.ReceiveEndAsync();
            return answer;
        }));

        Assert.Equal(Chunks, answers.Select(answer => answer.Text("run_id")).Distinct().Count());
        // The first connection was silent all the while, and still serves.
        var run = await first.AskAsync("claude-code optimizer default message");
        AssertCompleteRun(first, run, await first.WaitForAnswerAsync());
    }

    [Fact]
    public async Task A_message_of_five_mebibytes_is_taken()
    {
        await using var client = await NetraClient.ConnectAsync(Server.Address, await TokenAsync());
        await client.HandshakeAsync();
        var line = new JsonObject { ["type"] = "user", ["_provider"] = "claude", ["_source_file"] = "a.jsonl", ["text"] = new string('é', 850_000) };

        // 850,000 times \u00e9 is 5.1 MB as this client's encoder writes it.
        await client.SendLogsAsync([line], 0, 1);

        Assert.NotEmpty((await client.WaitForAnswerAsync()).Text("run_id"));
    }

    [Fact]
    public async Task A_bare_NaN_in_a_log_is_an_error_and_the_connection_goes_on()
    {
        await using var client = await NetraClient.ConnectAsync(Server.Address, await TokenAsync());
        await client.HandshakeAsync();

        await client.Wire.SendTextAsync("{\"type\":\"user_message\",\"payload\":{\"content\":\"x\",\"jsonl_logs\":[{\"cost\":NaN}]}}");
        var error = await client.Wire.ReceiveUntilAsync("error");
        Assert.Contains("NaN", error.Text("error"), StringComparison.Ordinal);

        var run = await client.AskAsync("What are we spending?");
        AssertCompleteRun(client, run, await client.WaitForAnswerAsync());
    }

    [Fact]
    public async Task A_thread_of_another_user_is_refused_with_an_error_frame()
    {
        var stranger = await Server.RegisterAsync();
        await using var other = await WireClient.OpenAsync(Server.Address, stranger.AccessToken);
        await other.SendAsync(new CreateThread("Private"));
        var thread = (await other.ReceiveUntilAsync("thread_data")).GetProperty("thread").Text("id");
        await using var client = await NetraClient.ConnectAsync(Server.Address, await TokenAsync());
        await client.HandshakeAsync();

        await client.AskAsync("mine?", threadId: thread);

        var error = await client.Wire.ReceiveUntilAsync("error");
        Assert.Equal("not_found", error.Text("code"));
    }

    [Fact]
    public async Task A_self_made_token_is_refused_before_the_upgrade_on_every_carrier()
    {
        static string Part(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
        var token = $"{Part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}")}.{Part("{\"sub\":\"test@netra.ai\",\"user_id\":\"cli-test-user\",\"exp\":4102444800}")}.signature";

        await Assert.ThrowsAsync<Xunit.Sdk.XunitException>(() => NetraClient.ConnectAsync(Server.Address, token));
    }

    [Fact]
    public async Task The_reachability_check_is_let_in_told_nothing_and_closed_with_its_own_code()
    {
        await using var check = await WireClient.UpgradeAsync(Server.Address);
        Assert.Equal(101, check.Status);

        await check.SendRawAsync(MaskedFrame.Close(1000));

        Assert.Equal(1000, (await check.ReceiveCloseAsync(answers: false)).Code);
        await check.ReceiveEndAsync();
        Assert.Empty(check.Seen);
    }

    [Fact]
    public async Task A_reachability_check_that_stays_is_sent_away_soon()
    {
        await using var check = await WireClient.UpgradeAsync(Server.Address);
        await check.SendTextAsync("{\"type\":\"user_message\",\"payload\":{\"content\":\"let me in\"}}");

        Assert.Equal(1000, (await check.ReceiveCloseAsync()).Code);
        Assert.Empty(check.Seen);
    }

    [Fact]
    public async Task A_killed_client_is_normal_and_its_run_ends()
    {
        var token = await TokenAsync();
        var client = await NetraClient.ConnectAsync(Server.Address, token);
        await client.HandshakeAsync();
        var run = await client.AskAsync("What are we spending?");
        await client.Wire.ReceiveUntilAsync("agent_started");
        client.Wire.Reset();
        await client.DisposeAsync();

        using var http = new HttpClient { BaseAddress = Server.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        await Eventually.HoldsAsync(
            async () => (await http.GetFromJsonAsync($"/api/runs/{run}", ApexJson.Default.RunView))!.State == RunState.Completed,
            "the run has ended");
    }

    private static bool HasRun(JsonElement frame) => frame.TryGetProperty("run_id", out _) && frame.Type() != "message_accepted";

    private static void AssertCompleteRun(NetraClient client, string run, JsonElement answer)
    {
        var events = client.Events.Where(one => HasRun(one) && one.Text("run_id") == run).ToList();
        Assert.Equal(1, events.Count(one => one.Type() == "agent_started"));
        Assert.Equal(1, events.Count(one => one.Type() == "agent_completed"));
        Assert.Contains(events, one => one.Type() == "agent_thinking");
        Assert.Equal("agent_started", events[0].Type());
        Assert.Equal(run, answer.Text("run_id"));
        Assert.Equal(client.ThreadId, answer.Text("thread_id"));
        Assert.True(answer.GetProperty("result").ValueKind is JsonValueKind.Object or JsonValueKind.String);
        Assert.NotEmpty(answer.Text("final_response"));
        foreach (var one in client.Events)
            AssertNoNullName(one);
    }

    private static void AssertNoNullName(JsonElement frame)
    {
        if (frame.TryGetProperty("agent_name", out var name))
            Assert.Equal(JsonValueKind.String, name.ValueKind);
    }

    private static JsonObject LogLine(int chunk, int line) => new()
    {
        ["type"] = "assistant",
        ["_provider"] = "claude",
        ["_source_file"] = "session.jsonl",
        ["uuid"] = $"{chunk}-{line}",
        ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = $"line {NetraClient.Invariant(line)}" },
    };

    /// <summary>A user of one's own for each test: one test's messages must not use up another's allowance.</summary>
    private async Task<string> TokenAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/e2e/test-auth")
        {
            Content = new StringContent(
                $"{{\"email\":\"test{Interlocked.Increment(ref _users)}@netra.ai\",\"name\":\"CLI Test User\",\"permissions\":[\"read\",\"write\",\"test\"],\"simulate_oauth\":true}}",
                Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-E2E-Bypass-Key", BypassKey);
        using var reply = await Server.Http.SendAsync(request).Within();
        Assert.Equal(200, (int)reply.StatusCode);
        Assert.Equal("application/json", reply.Content.Headers.ContentType?.MediaType);
        using var body = JsonDocument.Parse(await reply.Content.ReadAsStringAsync());
        return body.RootElement.Text("access_token");
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public ApexTestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await ApexTestServer.StartAsync(options => TestOptions.With(
            options, tokenInQuery: true, developmentLogin: true, bypassKey: BypassKey, connections: 60, messagesPerMinute: 10_000, runsAtOnce: 10));

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
