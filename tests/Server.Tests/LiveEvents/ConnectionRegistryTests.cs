using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Server.Connections;
using Apex.Server.Tests.Connections;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// Unified manager: the registry of connections by user, with many devices each; a socket that fails takes only itself away; statistics.
/// </summary>
public sealed class ConnectionRegistryTests
{
    [Fact]
    public async Task A_socket_that_fails_is_gone_from_the_registry_and_no_other_device_or_user_notices()
    {
        await using var server = await ApexTestServer.StartAsync();
        var (user, other) = (await server.RegisterAsync(), await server.RegisterAsync());
        var registry = server.Services.GetRequiredService<ConnectionRegistry>();
        var feed = server.Services.GetRequiredService<IFeed>();
        var devices = new List<WireClient>();
        foreach (var token in new[] { user.AccessToken, user.AccessToken, user.AccessToken, other.AccessToken })
        {
            devices.Add(await WireClient.OpenAsync(server.Address, token));
            await devices[^1].SendAsync(new Resume());
            await devices[^1].ReceiveUntilAsync("caught_up");
        }

        Assert.Equal((3, 1, 4), (registry.Of(user.User.Id).Count, registry.Of(other.User.Id).Count, registry.Count));
        devices[1].Reset();
        await feed.AppendAsync(user.User.Id, 2);
        await feed.AppendAsync(other.User.Id);
        await Eventually.HoldsAsync(() => registry.Of(user.User.Id).Count == 2, "the failed socket is gone");

        foreach (var device in new[] { devices[0], devices[2] })
        {
            Assert.Equal(1, (await device.ReceiveAsync()).Seq());
            Assert.Equal(2, (await device.ReceiveAsync()).Seq());
        }

        Assert.Equal(1, (await devices[3].ReceiveAsync()).Seq());
        using var administrator = server.As(await server.LogInAsAdministratorAsync());
        var report = (await administrator.GetFromJsonAsync("/api/admin/connections", ApexJson.Default.ConnectionReport))!;
        Assert.Equal(3, report.Open);
        Assert.Equal([other.User.Id, user.User.Id, user.User.Id], report.Connections.Select(one => one.UserId!.Value).OrderBy(id => id != other.User.Id));
        foreach (var device in devices)
            await device.DisposeAsync();
    }

    [Fact]
    public async Task A_hundred_users_open_and_leave_at_once_and_the_registry_is_empty_again()
    {
        await using var server = await ApexTestServer.StartAsync();
        var registry = server.Services.GetRequiredService<ConnectionRegistry>();
        var users = new List<Apex.Protocol.Http.TokenReply>();
        for (var i = 0; i < 10; i++)
            users.Add(await server.RegisterAsync());

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            await using var client = await WireClient.OpenAsync(server.Address, users[i % 10].AccessToken);
            await client.SendAsync(new Resume());
            await client.ReceiveUntilAsync("caught_up");
            if (i % 2 == 0)
                client.Reset();
        }));

        await Eventually.HoldsAsync(() => registry.Count == 0, "all have left");
        Assert.All(users, user => Assert.Empty(registry.Of(user.User.Id)));
    }
}
