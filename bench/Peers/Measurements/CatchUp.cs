using System.Diagnostics;
using Apex.Bench.Peers.Servers;

namespace Apex.Bench.Peers.Measurements;

/// <param name="Seconds">Until all had everything.</param>
/// <param name="Microseconds">Processor time of the server for each who came back: handshake, verification, resume, a hundred events.</param>
/// <param name="Complete">Who had everything in the end.</param>
internal sealed record CatchUpCost(double Seconds, double Microseconds, int Clients, int Complete);

/// <summary>A thousand clients who missed a hundred events each come back at once.</summary>
internal static class CatchUp
{
    private const int Events = 100;
    private const int ReturningAtOnce = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<CatchUpCost> RunAsync(Peer peer, PeerCache cache)
    {
        await using var server = await peer.Start(cache);
        using var crowd = new Crowd(server, peer.Dialect(), Settings.Subscribers, Settings.MessageBytes);
        crowd.Open(Settings.Subscribers, static number => number);
        for (var stream = 0; stream < Settings.Subscribers; stream++)
            crowd.Publish(stream);
        crowd.Loop.RunUntil(() => crowd.Delivered == crowd.Published, Patience);
        crowd.Loop.RunFor(TimeSpan.FromSeconds(1.5));

        // The last one stays and sees when the server has taken everything.
        var witness = crowd.Subscribers[^1];
        var clients = crowd.Subscribers.SkipLast(1).ToArray();
        foreach (var client in clients)
            crowd.Lose(client, reset: true);
        crowd.Loop.RunFor(TimeSpan.FromSeconds(0.5));
        for (var published = 0; published < Events; published++)
        {
            for (var stream = 0; stream < Settings.Subscribers; stream++)
                crowd.Publish(stream);
            crowd.Loop.RunUntil(() => witness.Last == crowd.PublishedOn(witness.Stream), Patience);
        }

        return Return(crowd, server, clients);
    }

    private static CatchUpCost Return(Crowd crowd, RunningServer server, Subscriber[] clients)
    {
        var (cpu, began, returned, ready) = (server.ProcessorSeconds(), Stopwatch.GetTimestamp(), 0, 0);
        bool IsComplete(Subscriber client) => client.Last == crowd.PublishedOn(client.Stream);
        crowd.Loop.RunUntil(
            () =>
            {
                while (ready < returned && (clients[ready].IsReady || clients[ready].IsEnded))
                    ready++;
                return returned == clients.Length && clients.All(client => client.IsEnded || IsComplete(client));
            },
            Patience,
            () =>
            {
                while (returned < clients.Length && returned - ready < ReturningAtOnce)
                    crowd.Connect(clients[returned++], again: true);
            });
        return new CatchUpCost(
            Stopwatch.GetElapsedTime(began).TotalSeconds, (server.ProcessorSeconds() - cpu) * 1e6 / clients.Length, clients.Length,
            clients.Count(IsComplete));
    }
}
