using System.Globalization;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Client.Tests;

/// <summary>
/// Reconnection manager, Message buffer: whatever a seeded path does to three devices of a user, each application sees every event of
/// the feed once and in order, and none of anybody else. APEX_SWEEP_SEEDS sets how many seeds; APEX_SWEEP_SEED repeats one.
/// </summary>
public sealed class FaultSweepTests
{
    private const int OrdinarySeeds = 1_000;
    private const int UsersAtOnce = 32;
    private const int EventsPerSeed = 12;
    private const int Devices = 3;

    [Fact]
    public async Task Whatever_the_path_does_every_device_sees_every_event_once_in_order_and_none_of_others()
    {
        await using var server = await ApexTestServer.StartAsync();
        var seeds = new Queue<int>(Seeds());
        var total = seeds.Count;
        var broken = 0;

        async Task WorkAsync()
        {
            var account = await server.RegisterAsync();
            while (true)
            {
                int seed;
                lock (seeds)
                {
                    if (!seeds.TryDequeue(out seed))
                        return;
                }

                Interlocked.Add(ref broken, await RunAsync(server, account, seed));
            }
        }

        await Task.WhenAll(Enumerable.Range(0, UsersAtOnce).Select(_ => WorkAsync()));

        // Or the sweep would prove nothing.
        Assert.True(broken >= total, $"Only {broken} connections broke in {total} seeds.");
    }

    private static IEnumerable<int> Seeds() => Number("APEX_SWEEP_SEED") is { } one
        ? [one]
        : Enumerable.Range(1, Number("APEX_SWEEP_SEEDS") ?? OrdinarySeeds);

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static async Task<int> RunAsync(ApexTestServer server, TokenReply account, int seed)
    {
        var feed = server.Services.GetRequiredService<IFeed>();
        var user = account.User.Id;
        var head = await feed.GetHeadAsync(user, CancellationToken.None);
        var devices = Enumerable.Range(0, Devices).Select(number => ReadAsync(server, account, head, (seed * Devices) + number)).ToArray();

        var random = new Random(seed);
        for (var left = EventsPerSeed; left > 0;)
        {
            var batch = Math.Min(left, random.Next(1, 4));
            await feed.AppendAsync(new FeedAppend { User = user, Events = [.. Enumerable.Range(0, batch).Select(_ => Event(account))] }, CancellationToken.None);
            left -= batch;
            await Task.Yield();
        }

        var expected = Enumerable.Range(1, EventsPerSeed).Select(number => head + number).ToArray();
        var broken = 0;
        foreach (var device in devices)
        {
            var (seen, cuts) = await device;
            Assert.True(
                expected.SequenceEqual(seen.Select(one => one.Seq)),
                $"Seed {seed} (APEX_SWEEP_SEED={seed} repeats it): a device saw {string.Join(' ', seen.Select(one => one.Seq - head))}");
            Assert.All(seen, one => Assert.Equal(user, one.Event!.Context!.UserId));
            broken += cuts;
        }

        return broken;
    }

    /// <summary>One device: reads on until it has all, and ends its program once in the middle to go on from its kept cursor.</summary>
    private static async Task<(List<ReceivedEvent> Seen, int Broken)> ReadAsync(ApexTestServer server, TokenReply account, long head, int seed)
    {
        await using var path = new FaultyPath(seed, server.Address.Port);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{path.Port}") };
        using var credentials = new Credentials(account);
        var seen = new List<ReceivedEvent>();
        var restartAt = new Random(seed).Next(0, 2 * EventsPerSeed);
        var epoch = server.Services.GetRequiredService<IFeed>().Epoch;
        using var limit = new CancellationTokenSource(Eventually.Limit);
        while (seen.Count < EventsPerSeed)
        {
            ApexConnection? own = null;
            await using var connection = own = new ApexConnection(new ApexApi(http, credentials), new ApexConnectionOptions
            {
                // Attempts given up after half a second arrive late and take the place of newer ones, more than once.
                StateChanged = state =>
                {
                    if (state == ConnectionState.Replaced)
                        own?.TakeBack();
                },
                After = head + seen.Count,
                Epoch = epoch,
                FirstWait = TimeSpan.FromMilliseconds(10),
                LongestWait = TimeSpan.FromMilliseconds(50),
                ConnectTimeout = TimeSpan.FromMilliseconds(500),
                KeepAliveTimeout = TimeSpan.FromMilliseconds(250),
                GapFound = gap => throw new InvalidOperationException($"A gap was told though nothing was trimmed: {gap}"),
            });
            await foreach (var one in connection.ReadAllAsync(limit.Token))
            {
                seen.Add(one);
                if (seen.Count == EventsPerSeed || seen.Count == restartAt)
                    break;
            }
        }

        return (seen, path.Broken);
    }

    private static ThreadRenamed Event(TokenReply account)
    {
        var thread = Some.Thread();
        return new ThreadRenamed(thread)
        {
            ThreadId = thread.Id,
            Context = new EventContext(account.User.Id, thread.Id, null, null, null),
        };
    }
}
