using System.Net;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// User context extraction: user, organisation, tier, roles, session and device come from the credential, never from what a payload
/// claims; blank, placeholder and foreign ids are refused.
/// </summary>
public sealed class UserContextExtractionTests
{
    [Fact]
    public async Task The_credential_says_who_it_is_and_every_event_says_the_same()
    {
        var supervisor = ScriptedSupervisor.Answering();
        await using var server = await RunServer.StartAsync(supervisor);
        var (user, other) = (await server.RegisterAsync(), await server.RegisterAsync());
        await using var client = await WireClient.UpgradeAsync(
            server.Address, "/ws?device=desk-1", headers: $"Sec-WebSocket-Protocol: apex.v1, jwt.{user.AccessToken}");
        Assert.Equal(user.User.Id.Value, (await client.ReceiveAsync()).Text("user_id"));
        await client.SendAsync(new Resume());

        await client.SendTextAsync($$$"""
            {"type":"user_message","message_id":"m1","user_id":"{{{other.User.Id}}}","context":{"user_id":"{{{other.User.Id}}}","tier":"enterprise","roles":["admin"]},"payload":{"content":"Who am I?","user_id":"{{{other.User.Id}}}"}}
            """);
        var completed = await client.ReceiveUntilAsync("agent_completed");

        Assert.Equal(user.User.Id.Value, completed.GetProperty("context").Text("user_id"));
        Assert.False(string.IsNullOrWhiteSpace(completed.GetProperty("context").Text("request_id")));
        var context = Assert.Single(supervisor.Contexts);
        Assert.Equal((user.User.Id, Tier.Free), (context.User, context.Tier));
        var connection = Assert.Single(server.Services.GetRequiredService<ConnectionRegistry>().Of(user.User.Id));
        Assert.Equal(("desk-1", user.User.Tier), (connection.Device, connection.Principal.Tier));
        Assert.False(string.IsNullOrWhiteSpace(connection.Principal.SessionId));
        Assert.Equal(user.User.Roles, connection.Principal.Roles);
        using var foreign = server.As(other);
        Assert.Empty((await foreign.GetAsync("/api/threads", ApexJson.Default.ThreadPage)).Threads);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("undefined")]
    [InlineData("null")]
    [InlineData("placeholder")]
    [InlineData("default_thread")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("../../etc/passwd")]
    public async Task A_blank_or_placeholder_id_names_nothing(string id)
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);

        await client.SendTextAsync($$"""{"type":"user_message","message_id":"m1","payload":{"content":"Where?","thread_id":"{{id}}"} }""");
        var refused = await client.ReceiveUntilAsync("error");

        Assert.Contains(refused.Text("code"), new[] { "not_found", "invalid_message" });
        using var http = server.As(user);
        Assert.Empty((await http.GetAsync("/api/threads", ApexJson.Default.ThreadPage)).Threads);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("undefined")]
    [InlineData("null")]
    public async Task A_blank_or_placeholder_credential_is_nobody(string token)
    {
        await using var server = await ApexTestServer.StartAsync();

        await using var client = await WireClient.UpgradeAsync(server.Address, headers: $"Authorization: Bearer {token}");

        Assert.Equal((int)HttpStatusCode.Unauthorized, client.Status);
    }
}
