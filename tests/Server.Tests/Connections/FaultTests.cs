using Apex.Protocol.Frames;
using Apex.Server.Connections;
using Apex.Server.Operations;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

public sealed class FaultTests
{
    [Fact]
    public async Task While_the_store_cannot_read_connections_live_on_and_then_miss_nothing()
    {
        await using var server = await StartAsync();
        var user = await server.RegisterAsync();
        var feed = (FaultyFeed)server.Services.GetRequiredService<IFeed>();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume(After: 0));
        await client.ReceiveUntilAsync("caught_up");

        feed.CannotRead = true;
        await feed.AppendAsync(user.User.Id, 3);
        await client.SendAsync(new Ping());
        Assert.Equal("pong", (await client.ReceiveAsync()).Type());
        feed.CannotRead = false;

        for (var seq = 1; seq <= 3; seq++)
            Assert.Equal(seq, (await client.ReceiveAsync()).Seq());
    }

    [Fact]
    public async Task An_upgrade_while_the_store_cannot_read_is_refused_with_503_and_a_time()
    {
        await using var server = await StartAsync();
        var user = await server.RegisterAsync();
        ((FaultyFeed)server.Services.GetRequiredService<IFeed>()).CannotRead = true;

        await using var client = await WireClient.UpgradeAsync(server.Address, headers: $"Authorization: Bearer {user.AccessToken}");

        Assert.Equal((503, "7"), (client.Status, client.Headers["Retry-After"]));
        Assert.Contains("storage_unavailable", client.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Transient_frames_reach_a_live_client_and_not_one_that_asked_for_events_alone()
    {
        await using var server = await StartAsync();
        var user = await server.RegisterAsync();
        var feed = server.Services.GetRequiredService<IFeed>();
        await using var all = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await all.SendAsync(new Resume());
        await all.ReceiveUntilAsync("caught_up");
        await using var durable = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await durable.SendAsync(new Resume(Lanes: ["durable"]));
        await durable.ReceiveUntilAsync("caught_up");

        feed.PublishTransient(user.User.Id, new Progress("job_1", "importing", 1, 2, 50));
        Assert.Equal("progress", (await all.ReceiveAsync()).Type());
        await feed.AppendAsync(user.User.Id);

        Assert.Equal("thread_renamed", (await all.ReceiveAsync()).Type());
        Assert.Equal("thread_renamed", (await durable.ReceiveAsync()).Type());
    }

    private static Task<ApexTestServer> StartAsync() => ApexTestServer.StartAsync(configure: builder =>
    {
        builder.Services.AddSingleton(new ConnectionsOptions { SweepInterval = TimeSpan.FromMilliseconds(20) });
        builder.Services.AddSingleton<IFeed>(
            provider => new FaultyFeed(provider.GetRequiredService<EmbeddedStore>().Open.Feed));
    });
}
