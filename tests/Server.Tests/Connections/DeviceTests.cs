using Apex.Protocol.Frames;
using Apex.Server.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

/// <summary>Manager factory: a device that comes back takes the place of its own last connection, and of no other.</summary>
public sealed class DeviceTests
{
    [Fact]
    public async Task A_half_open_connection_gives_way_to_the_next_of_its_device_at_once()
    {
        await using var server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 1));
        var user = await server.RegisterAsync();
        await using var hanging = await OpenAsync(server, user.AccessToken, "d1");

        await using var next = await OpenAsync(server, user.AccessToken, "d1");

        Assert.Equal(101, next.Status);
        Assert.Equal(4409, (await hanging.ReceiveCloseAsync()).Code);
        await next.SendAsync(new Resume());
        await next.ReceiveUntilAsync("caught_up");
        await Eventually.HoldsAsync(
            () => server.Services.GetRequiredService<ConnectionRegistry>().Count == 1, "one connection is left");
    }

    [Fact]
    public async Task Another_device_another_user_and_one_without_a_name_are_left_alone()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        var other = await server.RegisterAsync();
        await using var first = await OpenAsync(server, user.AccessToken, "d1");
        await using var unnamed = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await using var foreign = await OpenAsync(server, other.AccessToken, "d1");
        await using var second = await OpenAsync(server, user.AccessToken, "d2");
        await using var unnamedToo = await WireClient.OpenAsync(server.Address, user.AccessToken);

        foreach (var client in new[] { first, unnamed, foreign, second, unnamedToo })
        {
            await client.SendAsync(new Resume());
            await client.ReceiveUntilAsync("caught_up");
        }

        Assert.Equal(5, server.Services.GetRequiredService<ConnectionRegistry>().Count);
    }

    [Theory]
    [InlineData("device=")]
    [InlineData("device=a&device=b")]
    [InlineData("device=a%20b")]
    [InlineData("device=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_name_that_is_none_is_refused_before_the_upgrade(string query)
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();

        await using var client = await WireClient.UpgradeAsync(
            server.Address, "/ws?" + query, headers: $"Sec-WebSocket-Protocol: apex.v1, jwt.{user.AccessToken}");

        Assert.Equal(400, client.Status);
        Assert.Contains("1 to 64 letters", client.Body, StringComparison.Ordinal);
    }

    private static async Task<WireClient> OpenAsync(ApexTestServer server, string token, string device)
    {
        var client = await WireClient.UpgradeAsync(
            server.Address, "/ws?device=" + device, headers: $"Sec-WebSocket-Protocol: apex.v1, jwt.{token}");
        Assert.Equal(101, client.Status);
        Assert.Equal("connection_established", (await client.ReceiveAsync()).Type());
        return client;
    }
}
