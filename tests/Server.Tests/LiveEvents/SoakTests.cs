using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// Users who come, read, are cut off and come back, over and over: memory and handles stay where they were. The longer stage sets
/// APEX_SOAK_USERS (1,000) and APEX_SOAK_MINUTES (30).
/// </summary>
[Collection(typeof(Alone))]
public sealed class SoakTests
{
    private const int EventsPerRound = 20;

    /// <summary>As many as fill what is kept in memory of each user's newest events.</summary>
    private const int WarmRounds = 60;
    private const int OrdinaryRounds = 60;
    private const int AtOnce = 50;
    private const long MostBytesPerVisit = 200;
    private const long SlackBytes = 4 * 1024 * 1024;

    private static readonly int Users = Setting("APEX_SOAK_USERS", 20);
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(Setting("APEX_SOAK_MINUTES", 0));

    [Fact]
    public async Task Visits_leave_nothing_behind()
    {
        await using var server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 5));
        var users = new List<TokenReply>();
        for (var i = 0; i < Users; i++)
            users.Add(await server.RegisterAsync());
        var cursors = new long[Users];
        for (var round = 0; round < WarmRounds; round++)
            await RoundAsync(server, users, cursors, round);
        var before = await MeasureAsync(server);

        var began = TimeProvider.System.GetTimestamp();
        var rounds = 0;
        for (; rounds < OrdinaryRounds || TimeProvider.System.GetElapsedTime(began) < Length; rounds++)
        {
            if (rounds % 100 == 99)
                users = [.. await Task.WhenAll(users.Select(user => server.LogInAsync(user.User.Email)))];
            await RoundAsync(server, users, cursors, rounds);
        }

        var after = await MeasureAsync(server);
        Assert.All(cursors, cursor => Assert.Equal((WarmRounds + rounds) * EventsPerRound, cursor));
        Assert.InRange(after.Handles, 0, before.Handles + 5);
        Assert.InRange(after.Bytes - before.Bytes, long.MinValue, SlackBytes + (rounds * Users * MostBytesPerVisit));
    }

    private static async Task RoundAsync(ApexTestServer server, List<TokenReply> users, long[] cursors, int round)
    {
        foreach (var places in Enumerable.Range(0, users.Count).Chunk(AtOnce))
            await Task.WhenAll(places.Select(place => VisitAsync(server, users[place], cursors, place, round))).Within();
    }

    private static async Task VisitAsync(ApexTestServer server, TokenReply user, long[] cursors, int place, int round)
    {
        var feed = server.Services.GetRequiredService<IFeed>();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        // Half of what happens, happens before the user is back.
        await feed.AppendAsync(user.User.Id, EventsPerRound / 2);
        await client.SendAsync(new Resume(cursors[place], cursors[place] == 0 ? null : feed.Epoch));
        var rest = feed.AppendAsync(user.User.Id, EventsPerRound / 2);
        for (var end = cursors[place] + EventsPerRound; cursors[place] < end;)
        {
            var frame = await client.ReceiveUntilAsync("thread_renamed");
            Assert.Equal(cursors[place] + 1, frame.Seq());
            cursors[place] = frame.Seq();
        }

        await rest;
        await client.SendAsync(new Ack(cursors[place]));
        if ((place + round) % 2 == 0)
            client.Reset();
    }

    private static async Task<(long Bytes, int Handles)> MeasureAsync(ApexTestServer server)
    {
        await Eventually.HoldsAsync(() => server.Services.GetRequiredService<ConnectionRegistry>().Count == 0, "everybody has left");
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return (GC.GetTotalMemory(forceFullCollection: true), Directory.GetFiles("/proc/self/fd").Length);
    }

    private static int Setting(string name, int ordinary) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : ordinary;
}
