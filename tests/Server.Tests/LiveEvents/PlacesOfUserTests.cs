using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Limits;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// Manager factory: what one user holds exists once however many devices come at once, is limited by tier, is gone when idle, and is
/// nobody else's.
/// </summary>
public sealed class PlacesOfUserTests
{
    [Fact]
    public async Task Devices_that_come_at_once_share_one_users_places_and_leave_nothing_when_they_go()
    {
        const int Places = 4;
        await using var server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: Places));
        var (user, other) = (await server.RegisterAsync(), await server.RegisterAsync());
        var permits = server.Services.GetRequiredService<ConnectionPermits>();

        // As many again as have a place wait for one; what is beyond is refused at once.
        var coming = Enumerable.Range(0, 3 * Places).Select(_ => WireClient.UpgradeAsync(
            server.Address, headers: $"Sec-WebSocket-Protocol: apex.v1, jwt.{user.AccessToken}")).ToList();
        await Eventually.HoldsAsync(() => coming.Count(one => one.IsCompleted) == 2 * Places, "all but those that wait are answered");
        var answered = await Task.WhenAll(coming.Where(one => one.IsCompleted));

        Assert.Equal((Places, Places), (answered.Count(one => one.Status == 101), answered.Count(one => one.Status == 429)));
        Assert.Equal((Places, 0), (permits.CountOf(user.User.Id), permits.CountOf(other.User.Id)));
        await using (var stranger = await WireClient.OpenAsync(server.Address, other.AccessToken))
            Assert.Equal(1, permits.CountOf(other.User.Id));

        foreach (var one in answered)
            await one.DisposeAsync();
        foreach (var waited in coming.Except(coming.Where(one => one.IsCompleted && answered.Contains(one.Result))))
            await (await waited.Within()).DisposeAsync();
        await Eventually.HoldsAsync(() => permits.CountOf(user.User.Id) == 0, "nothing is held");
        Assert.Empty(server.Services.GetRequiredService<ConnectionRegistry>().Of(user.User.Id));
    }

    [Theory]
    [InlineData(Tier.Free, 5)]
    [InlineData(Tier.Early, 10)]
    [InlineData(Tier.Mid, 50)]
    [InlineData(Tier.Enterprise, 100)]
    public async Task The_tier_says_how_many(Tier tier, int places)
    {
        await using var server = await ApexTestServer.StartAsync();
        var permits = server.Services.GetRequiredService<ConnectionPermits>();
        var user = Apex.Protocol.Ids.UserId.New();
        var held = new List<IDisposable>();
        for (var i = 0; i < places; i++)
            held.Add((await permits.AcquireAsync(user, tier, CancellationToken.None))!);

        using var giveUp = new CancellationTokenSource();
        var next = permits.AcquireAsync(user, tier, giveUp.Token).AsTask();
        Assert.False(next.IsCompleted);
        held[0].Dispose();

        Assert.NotNull(await next.Within());
    }
}
