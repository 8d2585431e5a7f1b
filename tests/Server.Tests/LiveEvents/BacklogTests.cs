using System.Text.Json;
using Apex.Protocol.Frames;
using Apex.Server.Tests.Connections;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// Backlog: events of an absent or slow user wait in the feed; on return the durable lane comes first, transient frames merged; a
/// notice of how much is to come, at most every 5 s.
/// </summary>
public sealed class BacklogTests
{
    [Fact]
    public async Task Who_was_away_is_told_how_much_waits_gets_it_all_in_order_and_only_the_last_of_merged_hints()
    {
        const int Missed = 3_000;
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        var feed = server.Services.GetRequiredService<IFeed>();
        await feed.AppendTogetherAsync(user.User.Id, Missed, "missed");
        for (var i = 1; i <= 50; i++)
            feed.PublishTransient(user.User.Id, new Progress("job-1", "importing", i, 50, 2 * i), mergeKey: "job-1");
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);

        await client.SendAsync(new Resume(After: 0));
        var backlog = await client.ReceiveAsync();
        await client.ReceiveUntilAsync("caught_up");
        feed.PublishTransient(user.User.Id, new Progress("job-1", "importing", 50, 50, 100), mergeKey: "job-1");
        var after = await client.ReceiveAsync();

        Assert.Equal(("backlog", Missed), (backlog.Type(), backlog.GetProperty("pending").GetInt64()));
        Assert.InRange(backlog.GetProperty("oldest_ms").GetInt64(), 0, 600_000);
        var seen = client.Seen.Select(text => JsonDocument.Parse(text).RootElement).SkipWhile(frame => frame.Type() != "backlog").Skip(1).ToList();
        Assert.Equal(Enumerable.Range(1, Missed).Select(seq => (long)seq), seen.Take(Missed).Select(frame => frame.Seq()));
        Assert.Equal(("caught_up", "progress"), (seen[Missed].Type(), after.Type()));
        Assert.Equal(100, after.GetProperty("percentage").GetDouble());
        Assert.DoesNotContain(seen.Take(Missed), frame => frame.Type() is "progress" or "backlog");
    }

    [Fact]
    public async Task A_reader_that_keeps_up_hears_of_no_backlog()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        var feed = server.Services.GetRequiredService<IFeed>();
        await feed.AppendAsync(user.User.Id, 20);
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume(After: 0));
        await client.ReceiveUntilAsync("caught_up");

        await feed.AppendAsync(user.User.Id, 20);
        while (client.Seen.Count(static text => text.Contains("\"event_id\"", StringComparison.Ordinal)) < 40)
            await client.ReceiveAsync();

        Assert.DoesNotContain(client.Seen, static text => text.Contains("backlog", StringComparison.Ordinal));
    }
}
