using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Server.Operations;
using Apex.Storage.Accounts;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Apex.Server.Tests.Operations;

public sealed class EventKeeperTests
{
    [Fact]
    public async Task Events_are_kept_as_long_as_the_tier_says()
    {
        await using var server = await ApexTestServer.StartAsync();
        var free = await AppendRunAsync(server, Tier.Free);
        var early = await AppendRunAsync(server, Tier.Early);
        var unknown = await AppendRunAsync(server, tier: null);

        var tooEarly = await TrimAsync(server, after: TimeSpan.FromDays(6));
        await TrimAsync(server, after: TimeSpan.FromDays(8));

        Assert.Equal(0, tooEarly);
        Assert.Equal(9, await EarliestAsync(server, free));
        Assert.Equal(1, await EarliestAsync(server, early));
        Assert.Equal(1, await EarliestAsync(server, unknown));
    }

    /// <summary>As the server's own keeper does, at a later time: moving the server's clock by days would fire a million timers.</summary>
    private static async Task<long> TrimAsync(ApexTestServer server, TimeSpan after)
    {
        await using var keeper = new EventKeeper(
            server.Services.GetRequiredService<IFeedRetention>(),
            server.Services.GetRequiredService<IAccountStore>(),
            new TierTable(ApexTestServer.OptionsFor(server.DataFolder)),
            new FakeTimeProvider(TimeProvider.System.GetUtcNow() + after),
            NullLogger<EventKeeper>.Instance);
        return await keeper.TrimAsync(CancellationToken.None);
    }

    private static async Task<UserId> AppendRunAsync(ApexTestServer server, Tier? tier)
    {
        var user = Some.User(tier: tier ?? Tier.Free);
        if (tier is not null)
            await server.Services.GetRequiredService<IAccountStore>().TryCreateUserAsync(user, CancellationToken.None);
        var run = new SomeRun(user.Id);
        await server.Services.GetRequiredService<IFeed>().AppendAsync(run.Append(run.Whole()), CancellationToken.None);
        return user.Id;
    }

    private static async Task<long> EarliestAsync(ApexTestServer server, UserId user) =>
        (await server.Services.GetRequiredService<IFeed>().ReadAsync(new FeedRead(user, 0), CancellationToken.None)).Earliest;
}
