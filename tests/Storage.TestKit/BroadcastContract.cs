using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Accounts;
using Apex.Storage.Broadcasts;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Storage.TestKit;

/// <summary>What every store promises about broadcasts and about how far users have come.</summary>
public abstract class BroadcastContract : StoreContract
{
    [Fact]
    public async Task A_broadcast_is_stored_once_under_its_id_and_unfinished_until_it_is_finished()
    {
        var first = Some("b1", BroadcastAudience.Everybody);

        Assert.Equal(first, await Store.Broadcasts.CreateAsync(first, Token));
        Assert.Equal(first, await Store.Broadcasts.CreateAsync(first with { Title = "Another" }, Token));
        await ReopenAsync();
        Assert.Equal([first], await Store.Broadcasts.ListUnfinishedAsync(Token));

        await Store.Broadcasts.FinishAsync("b1", Testing.Some.Time.AddMinutes(1), Token);
        Assert.Empty(await Store.Broadcasts.ListUnfinishedAsync(Token));
        Assert.Equal(Testing.Some.Time.AddMinutes(1), (await Store.Broadcasts.FindAsync("b1", Token))!.FinishedAt);
        Assert.Null(await Store.Broadcasts.FindAsync("b2", Token));
    }

    [Fact]
    public async Task An_audience_is_everybody_a_tier_an_organisation_or_a_user_as_they_were_then()
    {
        var free = await CreateAsync(Tier.Free, "org_a");
        var mid = await CreateAsync(Tier.Mid, "org_a");
        var other = await CreateAsync(Tier.Free, "org_b");
        await CreateAsync(Tier.Free, "org_a", later: true);

        Assert.Equal(Sorted(free, mid, other), await AddresseesAsync(BroadcastAudience.Everybody));
        Assert.Equal(Sorted(free, other), await AddresseesAsync(new BroadcastAudience(AudienceKind.Tier, "free")));
        Assert.Equal(Sorted(free, mid), await AddresseesAsync(new BroadcastAudience(AudienceKind.Organisation, "org_a")));
        Assert.Equal([mid], await AddresseesAsync(new BroadcastAudience(AudienceKind.User, mid.Value)));
        Assert.Empty(await AddresseesAsync(new BroadcastAudience(AudienceKind.User, "nobody")));
    }

    [Fact]
    public async Task A_user_gets_a_broadcast_once_and_the_counts_follow_the_receipts()
    {
        var other = UserId.New();
        await Store.Broadcasts.CreateAsync(Some("b1", BroadcastAudience.Everybody), Token);

        Assert.IsType<AppendOutcome.Stored>(await AppendAsync(User));
        Assert.IsType<AppendOutcome.Stored>(await AppendAsync(other));
        Assert.Equal(new AppendOutcome.IdTaken("broadcast", "b1"), await AppendAsync(User));
        Assert.Single(await ReadAllAsync(User));
        Assert.Equal(new BroadcastCounts(2, 0, 0), await Store.Broadcasts.CountAsync("b1", Token));

        await Store.Receipts.SaveAsync([new FeedReceipt(User, 1, 1), new FeedReceipt(other, 1, 0)], Token);
        await Store.Receipts.SaveAsync([new FeedReceipt(User, 0, 0)], Token);

        Assert.Equal(new BroadcastCounts(2, 2, 1), await Store.Broadcasts.CountAsync("b1", Token));
        Assert.Equal(new FeedReceipt(User, 1, 1), await Store.Receipts.FindAsync(User, Token));
        Assert.Equal(default, (await Store.Receipts.FindAsync(UserId.New(), Token)) with { User = default });
    }

    [Fact]
    public async Task What_a_user_puts_away_is_no_longer_shown_to_it_and_still_counts()
    {
        var stored = await Store.Broadcasts.CreateAsync(Some("b1", BroadcastAudience.Everybody), Token);
        await AppendAsync(User);
        Assert.Equal([stored], await Store.Broadcasts.ListOfUserAsync(User, 10, Token));
        Assert.Empty(await Store.Broadcasts.ListOfUserAsync(UserId.New(), 10, Token));

        Assert.False(await Store.Broadcasts.DismissAsync(UserId.New(), "b1", Testing.Some.Time, Token));
        Assert.True(await Store.Broadcasts.DismissAsync(User, "b1", Testing.Some.Time, Token));
        Assert.True(await Store.Broadcasts.DismissAsync(User, "b1", Testing.Some.Time, Token));

        Assert.Empty(await Store.Broadcasts.ListOfUserAsync(User, 10, Token));
        Assert.Equal(1, (await Store.Broadcasts.CountAsync("b1", Token)).Recipients);
    }

    private static BroadcastRecord Some(string id, BroadcastAudience audience) => new(
        id, Testing.Some.Time, UserId.From("user_author"), "Maintenance", "Tonight at ten.", BroadcastSeverity.Warning, audience);

    private static UserId[] Sorted(params UserId[] users) => [.. users.OrderBy(static user => user.Value, StringComparer.Ordinal)];

    private async Task<UserId[]> AddresseesAsync(BroadcastAudience audience)
    {
        // Pages of one: the cursor is part of what is promised.
        var found = new List<UserId>();
        UserId? after = null;
        while (await Store.Broadcasts.ListAddresseesAsync(Some("b1", audience), after, 1, Token) is [var next])
        {
            found.Add(next);
            after = next;
        }

        return [.. found];
    }

    private async Task<UserId> CreateAsync(Tier tier, string organisation, bool later = false)
    {
        UserRecord user = Testing.Some.User(organisation: organisation, tier: tier);
        await Store.Accounts.TryCreateUserAsync(later ? user with { CreatedAt = user.CreatedAt.AddSeconds(1) } : user, Token);
        return user.Id;
    }

    private ValueTask<AppendOutcome> AppendAsync(UserId user) => Feed.AppendAsync(
        new FeedAppend
        {
            User = user,
            Events = [new Broadcast("b1", "Maintenance", "Tonight at ten.", BroadcastSeverity.Warning, BroadcastAudience.Everybody)],
            Changes = [new RecordChange.NoteBroadcast("b1")],
        },
        Token);
}
