using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

public sealed class DeliveryTests(DeliveryTests.Fixture fixture) : IClassFixture<DeliveryTests.Fixture>
{
    private ApexTestServer Server => fixture.Server;

    private IFeed Feed => Server.Services.GetRequiredService<IFeed>();

    [Fact]
    public async Task Three_devices_of_each_of_two_users_see_their_own_events_alone_once_and_in_order()
    {
        const int Runs = 3;
        var users = new[] { await Server.RegisterAsync(), await Server.RegisterAsync() };
        var devices = new List<(TokenReply User, WireClient Client)>();
        foreach (var user in users.SelectMany(user => Enumerable.Repeat(user, 3)))
        {
            var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);
            await client.SendAsync(new Resume(After: 0));
            devices.Add((user, client));
        }

        // Each user works on the first device, several runs at once, while foreign events are appended beside them.
        foreach (var (user, client) in new[] { devices[0], devices[3] })
        {
            for (var i = 0; i < Runs; i++)
                await client.SendAsync(new UserMessage(new UserMessagePayload { Content = $"What do we spend? ({i})" }, $"m{i}"));
            await Feed.AppendAsync(user.User.Id, 5);
        }

        var seen = new List<List<string>>();
        foreach (var (_, client) in devices)
        {
            var ended = 0;
            while (ended < Runs)
                ended += (await client.ReceiveAsync()).Type() is "agent_completed" or "run_failed" ? 1 : 0;
            seen.Add([.. client.Seen.Where(IsEvent)]);
        }

        for (var device = 0; device < devices.Count; device++)
        {
            var own = devices[device].User.User.Id.Value;
            var foreign = users.Single(user => user.User.Id.Value != own).User.Id.Value;
            Assert.Equal(Enumerable.Range(1, seen[device].Count).Select(seq => (long)seq), seen[device].Select(SeqOf));
            Assert.All(seen[device], text => Assert.Contains(own, text, StringComparison.Ordinal));
            Assert.All(seen[device], text => Assert.DoesNotContain(foreign, text, StringComparison.Ordinal));
            var shared = Math.Min(seen[device].Count, seen[device / 3 * 3].Count);
            Assert.Equal(seen[device / 3 * 3].Take(shared), seen[device].Take(shared));
        }

        foreach (var (_, client) in devices)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task A_client_cut_off_anywhere_goes_on_after_its_cursor_without_gap_or_double()
    {
        const int Total = 400;
        var user = await Server.RegisterAsync();
        var random = new Random(11);
        var appending = Task.Run(() => Feed.AppendAsync(user.User.Id, Total));
        var got = new List<long>();
        var cuts = 0;
        while (got.Count < Total)
        {
            // Small receive buffers, so that the cut meets frames under way and half frames.
            await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken, receiveBufferBytes: 4_096);
            await client.SendAsync(new Resume(got.Count == 0 ? 0 : got[^1], got.Count == 0 ? null : Feed.Epoch));
            for (var left = random.Next(0, 60); left > 0 && got.Count < Total; left--)
            {
                var frame = await client.ReceiveAsync();
                if (frame.Type() == "thread_renamed")
                    got.Add(frame.Seq());
            }

            client.Reset();
            cuts++;
        }

        await appending.Within();
        Assert.Equal(Enumerable.Range(1, Total).Select(seq => (long)seq), got);
        Assert.InRange(cuts, 5, 400);
    }

    [Fact]
    public async Task A_reader_that_is_behind_gets_many_events_in_one_write()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        var feed = server.Services.GetRequiredService<IFeed>();
        await feed.AppendTogetherAsync(user.User.Id, 500, "some title");
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        var counted = new WriteCounter(server.Services);

        await client.SendAsync(new Resume(After: 0));
        await client.ReceiveUntilAsync("caught_up");

        Assert.Equal(500, client.Seen.Count(IsEvent));
        Assert.InRange(counted.Frames, 500, 510);
        Assert.InRange(counted.Writes, 1, 50);
    }

    [Fact]
    public async Task A_reader_that_stops_reading_is_detached_with_its_cursor_and_harms_nobody()
    {
        var options = new ConnectionsOptions
        {
            MaxLagEvents = 50,
            LagCheckAfter = TimeSpan.FromMilliseconds(50),
            SweepInterval = TimeSpan.FromMilliseconds(20),
            CloseGrace = TimeSpan.FromSeconds(20),
        };
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(options));
        var user = await server.RegisterAsync();
        var feed = server.Services.GetRequiredService<IFeed>();
        await using var slow = await WireClient.OpenAsync(server.Address, user.AccessToken, receiveBufferBytes: 4_096);
        await slow.SendAsync(new Resume(After: 0));
        await slow.ReceiveUntilAsync("caught_up");
        await using var quick = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await quick.SendAsync(new Resume(After: 0));

        // More than all socket buffers on the way can hold: 300 events of 100 KB.
        var title = new string('t', 100_000);
        for (var i = 0; i < 300; i++)
        {
            await feed.AppendAsync(user.User.Id, 1, title);
            while ((await quick.ReceiveAsync()).Type() != "thread_renamed")
            {
            }
        }

        var registry = server.Services.GetRequiredService<ConnectionRegistry>();
        await Eventually.HoldsAsync(
            () => registry.Snapshot().Any(one => one.State == ConnectionState.Closing), "the slow reader is being closed");
        var (code, reason) = await slow.ReceiveCloseAsync();
        await slow.ReceiveEndAsync();

        Assert.Equal(4408, code);
        var last = slow.Seen.Where(IsEvent).Select(SeqOf).Last();
        Assert.Equal($"Too slow; resume after {last}.", reason);
        await using var back = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await back.SendAsync(new Resume(last, feed.Epoch));
        Assert.Equal(last + 1, (await back.ReceiveUntilAsync("thread_renamed")).Seq());
        await feed.AppendAsync(user.User.Id);
        Assert.Equal(301, (await quick.ReceiveUntilAsync("thread_renamed")).Seq());
    }

    [Fact]
    public async Task A_long_past_is_no_lag()
    {
        var options = new ConnectionsOptions
        {
            MaxLagEvents = 10,
            LagCheckAfter = TimeSpan.FromMilliseconds(1),
            SweepInterval = TimeSpan.FromMilliseconds(10),
        };
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(options));
        var user = await server.RegisterAsync();
        await server.Services.GetRequiredService<IFeed>().AppendTogetherAsync(user.User.Id, 900, new string('t', 20_000));
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken, receiveBufferBytes: 4_096);

        await client.SendAsync(new Resume(After: 0));

        Assert.Equal(900, (await client.ReceiveUntilAsync("caught_up")).Seq());
    }

    private static bool IsEvent(string text) => text.Contains("\"event_id\"", StringComparison.Ordinal);

    private static long SeqOf(string text)
    {
        using var document = System.Text.Json.JsonDocument.Parse(text);
        return document.RootElement.Seq();
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public ApexTestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 50));

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
