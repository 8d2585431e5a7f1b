using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

public sealed class TokenLifeTests
{
    /// <summary>The clock jumps in these tests; nobody is to be thought dead for it.</summary>
    private static readonly ConnectionsOptions NoPings = new() { PingInterval = TimeSpan.FromDays(1) };

    [Fact]
    public async Task A_client_is_warned_refreshes_and_stays_while_one_that_does_not_is_closed_with_4401()
    {
        var time = new FakeTimeProvider(Now());
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(NoPings, time));
        var user = await server.RegisterAsync();
        await using var careful = await OpenLiveAsync(server, user);
        await using var careless = await OpenLiveAsync(server, user);

        time.Advance(TimeSpan.FromMinutes(14.5));
        Assert.Equal("auth_expiring", (await careful.ReceiveUntilAsync("auth_expiring")).Type());
        var renewed = await RefreshAsync(server, user);
        await careful.SendAsync(new AuthRefresh(renewed.AccessToken));
        var answer = await careful.ReceiveUntilAsync("auth_refreshed");
        Assert.True(answer.GetProperty("expires_at").GetDateTimeOffset() > time.GetUtcNow().AddMinutes(14));

        // Just past the end: further on, the clock would also have passed the time for a close to be answered.
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(4401, (await careless.ReceiveCloseAsync()).Code);
        await careful.SendAsync(new Ping());
        Assert.Equal("pong", (await careful.ReceiveUntilAsync("pong")).Type());
    }

    [Fact]
    public async Task A_token_of_another_user_does_not_refresh_a_connection()
    {
        await using var server = await ApexTestServer.StartAsync();
        var (user, other) = (await server.RegisterAsync(), await server.RegisterAsync());
        await using var client = await OpenLiveAsync(server, user);

        await client.SendAsync(new AuthRefresh(other.AccessToken));

        Assert.Equal("forbidden", (await client.ReceiveUntilAsync("error")).Text("code"));
    }

    [Fact]
    public async Task An_expired_token_opens_nothing()
    {
        var time = new FakeTimeProvider(Now());
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(NoPings, time));
        var user = await server.RegisterAsync();
        time.Advance(TimeSpan.FromMinutes(16));

        await using var client = await WireClient.UpgradeAsync(
            server.Address, headers: $"Sec-WebSocket-Protocol: apex.v1, jwt.{user.AccessToken}");

        Assert.Equal(401, client.Status);
        Assert.Contains("token_expired", client.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logging_out_closes_every_socket_of_the_session_and_no_event_follows()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        var email = user.User.Email;
        var otherSession = await server.LogInAsync(email);
        await using var first = await OpenLiveAsync(server, user);
        await using var second = await OpenLiveAsync(server, user);
        await using var elsewhere = await OpenLiveAsync(server, otherSession);

        using (var http = server.As(user))
        {
            using var reply = await http.PostAsJsonAsync(
                "/auth/logout", new RefreshRequest(user.RefreshToken), ApexJson.Default.RefreshRequest);
            Assert.True(reply.IsSuccessStatusCode);
        }

        await server.Services.GetRequiredService<IFeed>().AppendAsync(user.User.Id);
        Assert.Equal(4401, (await first.ReceiveCloseAsync()).Code);
        Assert.Equal(4401, (await second.ReceiveCloseAsync()).Code);
        Assert.DoesNotContain(first.Seen, text => text.Contains("\"event_id\"", StringComparison.Ordinal));
        Assert.Equal(1, (await elsewhere.ReceiveAsync()).Seq());
    }

    [Fact]
    public async Task A_connection_of_the_netra_dialect_outlives_its_token_but_not_its_session()
    {
        var time = new FakeTimeProvider(Now());
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(NoPings, time));
        var user = await server.RegisterAsync();
        await using var client = await WireClient.UpgradeAsync(server.Address, headers: $"Authorization: Bearer {user.AccessToken}");
        await client.ReceiveUntilAsync("handshake_response");

        time.Advance(TimeSpan.FromMinutes(20));
        await client.SendAsync(new Ping());
        Assert.Equal("pong", (await client.ReceiveUntilAsync("pong")).Type());

        time.Advance(TimeSpan.FromMinutes(55) + TimeSpan.FromSeconds(1));
        Assert.Equal(4401, (await client.ReceiveCloseAsync()).Code);
    }

    private static async Task<WireClient> OpenLiveAsync(ApexTestServer server, TokenReply user)
    {
        var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");
        return client;
    }

    private static async Task<TokenReply> RefreshAsync(ApexTestServer server, TokenReply user)
    {
        using var reply = await server.Http.PostAsJsonAsync(
            "/auth/refresh", new RefreshRequest(user.RefreshToken), ApexJson.Default.RefreshRequest);
        return (await reply.Content.ReadFromJsonAsync(ApexJson.Default.TokenReply))!;
    }

    private static DateTimeOffset Now() =>
        DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
}
