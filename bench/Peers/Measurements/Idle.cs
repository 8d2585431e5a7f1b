using Apex.Bench.Peers.Servers;

namespace Apex.Bench.Peers.Measurements;

/// <param name="Kibibytes">Resident memory of the server for each connection; the kernel's own comes on top for everyone.</param>
/// <param name="Microseconds">Processor time of the server for each, from the handshake to the subscription.</param>
/// <param name="Share">Per cent of a core that all of them take while nothing happens.</param>
internal sealed record IdleCost(double Kibibytes, double Microseconds, double Share, int Connections);

/// <summary>Connections that have subscribed and are told nothing.</summary>
internal static class Idle
{
    private const int FirstOnes = 500;

    public static async Task<IdleCost> RunAsync(Peer peer, PeerCache cache, Settings settings)
    {
        await using var server = await peer.Start(cache);
        using (var first = new Crowd(server, peer.Dialect(), Settings.Subscribers, Settings.MessageBytes))
        {
            // What the first connections compile and load is not a price of each.
            first.Open(FirstOnes, static number => number);
            for (var stream = 0; stream < FirstOnes; stream++)
                first.Publish(stream);
            first.Loop.RunUntil(() => first.Delivered == FirstOnes, TimeSpan.FromSeconds(30));
        }

        await SettleAsync(peer, server, settings);
        var (memory, cpu, count) = (server.ResidentKibibytes(), server.ProcessorSeconds(), settings.IdleConnections);
        using var crowd = new Crowd(server, peer.Dialect(), Settings.Subscribers, Settings.MessageBytes);
        crowd.Open(count, static number => number % Settings.Subscribers);
        var connecting = server.ProcessorSeconds() - cpu;

        crowd.Loop.RunFor(settings.Settling / 2);
        cpu = server.ProcessorSeconds();
        crowd.Loop.RunFor(settings.Settling / 2);
        var idle = server.ProcessorSeconds() - cpu;
        if (peer.Collects)
            await server.CollectAsync();
        return new IdleCost(
            (server.ResidentKibibytes() - memory) / count, connecting * 1e6 / count,
            idle / (settings.Settling / 2).TotalSeconds * 100, count);
    }

    private static async Task SettleAsync(Peer peer, RunningServer server, Settings settings)
    {
        await Task.Delay(settings.Settling / 2);
        if (peer.Collects)
            await server.CollectAsync();
    }
}
