using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server;
using Apex.Server.Accounts;
using Apex.Server.Limits;
using Apex.Storage;
using Apex.Storage.Accounts;
using Apex.Storage.Feed;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Bench.Peers.Servers;

/// <summary>
/// The product's server with its limits out of the way and two doors more: one makes the users, one appends what the bench publishes to
/// their feeds, an append for each event, as the product itself does.
/// </summary>
internal static class ApexServer
{
    private const int Users = 1_000;
    private static readonly UserId[] Ids = [.. Enumerable.Range(0, Users).Select(static _ => UserId.New())];

    public static async Task RunAsync(int port, int publishing, string folder, Durability durability)
    {
        await using var app = ApexServerSetup.BuildApexServer(new ApexServerOptions
        {
            DataFolder = folder,
            Port = port,
            Durability = durability,
            AdminEmail = "bench@example.com",
            AdminPassword = "a password of the bench",
            AccessTokenLifetime = TimeSpan.FromHours(1),
            Tiers = new Dictionary<Tier, TierLimits>
            {
                [Tier.Free] = new(1_000_000, 10_000, 10_000, 4, 10_000, TimeSpan.FromSeconds(60), null, TimeSpan.FromDays(7)),
            },
        });
        app.MapPost("/bench/users", (IAccountStore accounts, Sessions sessions) => MakeUsersAsync(accounts, sessions));
        await app.StartAsync();
        var listening = ListenAsync(publishing, app.Services.GetRequiredService<IFeed>());
        await await Task.WhenAny(listening, Collecting.ListenAsync());
        await app.StopAsync();
    }

    /// <summary>Without a password each: hashing a thousand takes a minute, and nobody logs in.</summary>
    private static async Task<string> MakeUsersAsync(IAccountStore accounts, Sessions sessions)
    {
        var tokens = new List<string>();
        foreach (var id in Ids)
        {
            var user = new UserRecord(
                id, $"{id.Value}@example.com", null, "bench", Tier.Free, ["user"], null, TimeProvider.System.GetUtcNow());
            await accounts.TryCreateUserAsync(user, CancellationToken.None);
            tokens.Add((await sessions.OpenAsync(user, "bench", CancellationToken.None)).AccessToken);
        }

        return string.Join('\n', tokens);
    }

    private static async Task ListenAsync(int port, IFeed feed)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        while (true)
        {
            using var socket = await listener.AcceptSocketAsync();
            await using var stream = new NetworkStream(socket);
            try
            {
                await PublishAsync(stream, feed);
            }
            catch (IOException)
            {
                // The bench closed this publisher; another may come.
                continue;
            }
        }
    }

    /// <summary>Lines of <c>STREAM MESSAGE</c>. The next is taken while the last is stored: many are in flight at once.</summary>
    private static async Task PublishAsync(NetworkStream stream, IFeed feed)
    {
        var reader = PipeReader.Create(stream);
        while (true)
        {
            var read = await reader.ReadAsync();
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(buffer.Slice(0, end));
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                _ = AppendAsync(feed, stream, Ids[int.Parse(line.AsSpan(0, space))], line[(space + 1)..]);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    /// <summary>A refusal is told to the bench, which ends by it.</summary>
    private static async Task AppendAsync(IFeed feed, NetworkStream bench, UserId user, string message)
    {
        try
        {
            await feed.AppendAsync(
                new FeedAppend { User = user, Events = [new SystemRecovered("bench", message)] }, CancellationToken.None);
        }
        catch (StorageUnavailableException unavailable)
        {
            await bench.WriteAsync(Encoding.UTF8.GetBytes(unavailable.Message));
        }
    }
}
