using Apex.Protocol.Frames;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// Message handling and routing: the types and aliases of the protocol; a bad message harms neither its socket nor the messages beside
/// it; statistics by type.
/// </summary>
public sealed class MessageRoutingTests
{
    [Theory]
    [InlineData("user_message", "content")]
    [InlineData("chat", "message")]
    [InlineData("start_agent", "user_request")]
    [InlineData("user_message", "text")]
    public async Task A_message_is_one_under_each_of_its_names(string type, string field)
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        await using var client = await WireClient.OpenAsync(server.Address, (await server.RegisterAsync()).AccessToken);
        await client.SendAsync(new Resume());

        await client.SendTextAsync($$"""{"type":"{{type}}","message_id":"m1","payload":{"{{field}}":"Hello"} }""");

        Assert.Equal("Answer to: Hello", (await client.ReceiveUntilAsync("agent_completed")).Text("final_response"));
    }

    [Fact]
    public async Task Bad_messages_between_good_ones_are_refused_one_by_one_and_counted_by_type()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        await using var client = await WireClient.OpenAsync(server.Address, (await server.RegisterAsync()).AccessToken);
        await client.SendAsync(new Resume());

        await client.SendTextAsync("""{"type":"ping"}""");
        await client.SendTextAsync("{not json");
        await client.SendTextAsync("""{"type":"unheard_of"}""");
        await client.SendTextAsync("""{"type":"user_message","message_id":"m1","payload":{"content":"Hello"}}""");
        await client.SendTextAsync("""{"type":"rename_thread"}""");
        await client.SendTextAsync("""{"type":"ping"}""");

        while (Count(client, "pong") < 2 || Count(client, "agent_completed") == 0)
            await client.ReceiveAsync();
        Assert.Equal(
            ["invalid_json", "unknown_type", "invalid_message"],
            client.Seen.Where(static text => text.StartsWith("{\"type\":\"error\"", StringComparison.Ordinal))
                .Select(static text => System.Text.Json.JsonDocument.Parse(text).RootElement.Text("code")));
        var metrics = await server.Http.GetStringAsync("/metrics");
        Assert.Contains("apex_connections_frames_received_total{type=\"Ping\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("apex_connections_frames_received_total{type=\"UserMessage\"} 1", metrics, StringComparison.Ordinal);
    }

    private static int Count(WireClient client, string type) =>
        client.Seen.Count(text => text.StartsWith($"{{\"type\":\"{type}\"", StringComparison.Ordinal));
}
