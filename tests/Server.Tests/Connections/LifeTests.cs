using Apex.Protocol.Frames;
using Apex.Server.Connections;
using Apex.Server.Tests.Connections.Framing;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

/// <summary>How connections live and end: pings, closes, limits, shutdown.</summary>
public sealed class LifeTests
{
    [Fact]
    public async Task A_close_is_answered_with_its_code_and_tcp_ends()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);

        await client.SendRawAsync(MaskedFrame.Close(1000, "bye"));
        var (code, _) = await client.ReceiveCloseAsync(answers: false);
        await client.ReceiveEndAsync();

        Assert.Equal(1000, code);
    }

    [Fact]
    public async Task A_client_that_vanishes_leaves_nothing_behind()
    {
        await using var server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 1));
        var user = await server.RegisterAsync();
        var registry = server.Services.GetRequiredService<ConnectionRegistry>();
        var client = await WireClient.OpenAsync(server.Address, user.AccessToken);

        client.Reset();

        await Eventually.HoldsAsync(() => registry.Count == 0, "the connection is gone");
        await using var next = await WireClient.OpenAsync(server.Address, user.AccessToken);
        Assert.Equal(101, next.Status);
    }

    [Fact]
    public async Task Every_ping_is_answered_even_between_the_fragments_of_a_message()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);

        await client.SendRawAsync(MaskedFrame.Text("{\"type\":", final: false));
        await client.SendRawAsync(MaskedFrame.Ping("are you there?"));
        Assert.Equal("are you there?", await client.ReceivePongAsync());
        await client.SendRawAsync(MaskedFrame.Continue("\"ping\"}", final: true));

        Assert.Equal("pong", (await client.ReceiveAsync()).Type());
    }

    [Fact]
    public async Task Pings_are_answered_while_a_run_is_at_work()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume());
        await client.SendAsync(new UserMessage(new UserMessagePayload { Content = "What do we spend?" }, "m1"));
        await client.ReceiveUntilAsync("agent_started");

        for (var i = 0; i < 5; i++)
        {
            await client.SendRawAsync(MaskedFrame.Ping($"ping {i}"));
            Assert.Equal($"ping {i}", await client.ReceivePongAsync());
        }
    }

    [Fact]
    public async Task The_server_pings_and_closes_a_peer_that_is_silent()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(new ConnectionsOptions(), time));
        var user = await server.RegisterAsync();
        await using var silent = await WireClient.OpenAsync(server.Address, user.AccessToken, answersPings: false);
        await using var alive = await WireClient.OpenAsync(server.Address, user.AccessToken);
        foreach (var client in new[] { silent, alive })
        {
            await client.SendAsync(new Resume());
            await client.ReceiveUntilAsync("caught_up");
        }

        for (var i = 0; i < 2; i++)
        {
            time.Advance(TimeSpan.FromSeconds(25));
            // Reading answers the ping; the server has heard of it before the clock moves on.
            await alive.SendAsync(new Ping());
            await alive.ReceiveUntilAsync("pong");
        }

        time.Advance(TimeSpan.FromSeconds(25.5));

        Assert.Equal(1008, (await silent.ReceiveCloseAsync()).Code);
        Assert.True(silent.PingsSeen + alive.PingsSeen >= 2);
        await alive.SendAsync(new Ping());
        Assert.Equal("pong", (await alive.ReceiveUntilAsync("pong")).Type());
    }

    [Fact]
    public async Task One_connection_too_many_waits_for_a_place_and_gets_it()
    {
        await using var server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 1));
        var user = await server.RegisterAsync();
        var first = await WireClient.OpenAsync(server.Address, user.AccessToken);
        var second = WireClient.OpenAsync(server.Address, user.AccessToken);

        await first.SendRawAsync(MaskedFrame.Close(1000));

        await using var got = await second.Within();
        Assert.Equal(101, got.Status);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Connections_beyond_those_that_may_wait_are_refused_with_429()
    {
        await using var server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 1));
        var user = await server.RegisterAsync();
        await using var first = await WireClient.OpenAsync(server.Address, user.AccessToken);
        var waiting = WireClient.UpgradeAsync(server.Address, headers: $"Authorization: Bearer {user.AccessToken}");
        var third = WireClient.UpgradeAsync(server.Address, headers: $"Authorization: Bearer {user.AccessToken}");

        var refused = await (await Task.WhenAny(waiting, third)).Within();

        Assert.Equal(429, refused.Status);
        Assert.True(int.Parse(refused.Headers["Retry-After"]) > 0);
        Assert.Contains("too_many_connections", refused.Body, StringComparison.Ordinal);
        await first.SendRawAsync(MaskedFrame.Close(1000));
        foreach (var one in new[] { waiting, third })
            await (await one.Within()).DisposeAsync();
    }

    [Fact]
    public async Task A_stopping_server_says_when_to_come_back_and_goes()
    {
        // A client that is slow to answer is not reset here: what it was told would be gone with it.
        await using var server = await ApexTestServer.StartAsync(
            configure: TestOptions.Sockets(new ConnectionsOptions { CloseGrace = Eventually.Limit, ResumeTimeout = Eventually.Limit }));
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await using var netra = await WireClient.UpgradeAsync(server.Address, headers: $"Authorization: Bearer {user.AccessToken}");
        await netra.ReceiveUntilAsync("handshake_response");

        var stopping = server.StopAsync();

        var goaway = await client.ReceiveUntilAsync("goaway");
        Assert.InRange(goaway.GetProperty("after_ms").GetInt64(), 0, 5_000);
        Assert.Equal(1001, (await client.ReceiveCloseAsync()).Code);
        Assert.Equal(1001, (await netra.ReceiveCloseAsync()).Code);
        await stopping.Within();
    }

    [Fact]
    public async Task Threads_are_made_listed_renamed_and_archived_over_the_socket()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);

        await client.SendAsync(new CreateThread("First"));
        var created = await client.ReceiveUntilAsync("thread_data");
        var id = new Apex.Protocol.Ids.ThreadId(created.GetProperty("thread").Text("id"));
        await client.SendAsync(new RenameThread(id, "Second"));
        Assert.Equal("Second", (await client.ReceiveUntilAsync("thread_data")).GetProperty("thread").Text("title"));
        await client.SendAsync(new ListThreads());
        Assert.Equal(1, (await client.ReceiveUntilAsync("thread_list")).GetProperty("threads").GetArrayLength());
        await client.SendAsync(new GetThreadHistory(id));
        Assert.Equal(0, (await client.ReceiveUntilAsync("thread_data")).GetProperty("messages").GetArrayLength());
        await client.SendAsync(new SwitchThread(id));
        Assert.Equal(id.Value, (await client.ReceiveUntilAsync("thread_data")).GetProperty("thread").Text("id"));
        await client.SendAsync(new DeleteThread(id));
        Assert.True((await client.ReceiveUntilAsync("thread_data")).GetProperty("thread").GetProperty("archived").GetBoolean());
        await client.SendAsync(new ListThreads());
        Assert.Equal(0, (await client.ReceiveUntilAsync("thread_list")).GetProperty("threads").GetArrayLength());
    }

    [Fact]
    public async Task A_run_that_is_told_to_stop_says_so_and_ends()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume());
        await client.SendAsync(new UserMessage(new UserMessagePayload { Content = "What do we spend?" }, "m1"));
        var accepted = await client.ReceiveUntilAsync("message_accepted");

        await client.SendAsync(new StopAgent(new Apex.Protocol.Ids.RunId(accepted.Text("run_id"))));

        // A quick run may end before the wish is heard, or before it takes effect; it ends in any case, and only once.
        var answer = await client.ReceiveUntilAsync("stopping", "error");
        Assert.True(answer.Type() == "stopping" || answer.Text("code") == "already_ended");
        if (!client.Seen.Any(IsLast))
            await client.ReceiveUntilAsync("run_cancelled", "agent_completed");
        Assert.Single(client.Seen, IsLast);

        static bool IsLast(string text) => text.Contains("{\"type\":\"run_cancelled\"", StringComparison.Ordinal)
            || text.Contains("{\"type\":\"agent_completed\"", StringComparison.Ordinal);
    }
}
