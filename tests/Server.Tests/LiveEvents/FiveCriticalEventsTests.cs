using System.Text.Json;
using Apex.Protocol.Frames;
using Apex.Protocol.Order;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// Five critical events: all five for every run that uses a tool, in order, with user, thread, run and time, to every device of the user
/// and to nobody else. How quick they are, bench/Load measures.
/// </summary>
public sealed class FiveCriticalEventsTests
{
    private static readonly string[] Five = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];

    [Fact]
    public async Task All_five_reach_every_device_of_the_user_in_one_order_and_nobody_else()
    {
        await using var server = await ApexTestServer.StartAsync();
        var (asker, other) = (await server.RegisterAsync(), await server.RegisterAsync());
        using (var http = server.As(asker))
            await UsageApi.ImportAsync(http, SharedData.AiderCalls);
        await using var desk = await ResumeAsync(server, asker.AccessToken);
        await using var phone = await ResumeAsync(server, asker.AccessToken);
        await using var foreign = await ResumeAsync(server, other.AccessToken);

        await desk.SendAsync(new UserMessage(new UserMessagePayload { Content = "What do we spend per model?" }, "m1"));
        var accepted = await desk.ReceiveUntilAsync("message_accepted");
        var run = accepted.Text("run_id");
        foreach (var device in new[] { desk, phone })
        {
            if (!EventsOf(device, run).Any(said => said.Type() == "agent_completed"))
                await device.ReceiveUntilAsync("agent_completed");
        }

        var events = EventsOf(desk, run);
        Assert.Empty(RunChecker.Check(events, TimeProvider.System.GetUtcNow()).Select(fault => fault.Message));
        Assert.Equal(Five, Five.Where(type => events.Exists(said => said.Type() == type)));
        Assert.Equal((Five[0], Five[^1]), (events[0].Type(), events[^1].Type()));
        Assert.All(Five.Zip(Five.Skip(1)), pair => Assert.True(
            events.FindIndex(said => said.Type() == pair.First) < events.FindIndex(said => said.Type() == pair.Second), $"{pair.First} comes before {pair.Second}"));
        Assert.All(events, said =>
        {
            Assert.Equal((accepted.Text("thread_id"), run), (said.Text("thread_id"), said.Text("run_id")));
            Assert.Equal(asker.User.Id.Value, said.GetProperty("context").Text("user_id"));
            Assert.InRange(said.GetProperty("timestamp").GetDateTimeOffset(), TimeProvider.System.GetUtcNow().AddMinutes(-10), TimeProvider.System.GetUtcNow().AddMinutes(1));
        });
        Assert.Equal(events.ConvertAll(Raw), EventsOf(phone, run).ConvertAll(Raw));
        await foreign.SendAsync(new Ping());
        await foreign.ReceiveUntilAsync("pong");
        Assert.DoesNotContain(foreign.Seen, text => text.Contains("event_id", StringComparison.Ordinal));
    }

    private static string Raw(JsonElement said) => said.GetRawText();

    private static List<JsonElement> EventsOf(WireClient device, string run) =>
        [.. device.Seen.Where(text => text.Contains("\"event_id\"", StringComparison.Ordinal)).Select(text => JsonDocument.Parse(text).RootElement)
            .Where(said => said.TryGetProperty("run_seq", out _) && said.Text("run_id") == run)];

    private static async Task<WireClient> ResumeAsync(ApexTestServer server, string token)
    {
        var client = await WireClient.OpenAsync(server.Address, token);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");
        return client;
    }
}
