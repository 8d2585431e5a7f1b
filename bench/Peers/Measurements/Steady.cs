using Apex.Bench.Peers.Servers;

namespace Apex.Bench.Peers.Measurements;

/// <param name="Cost">Microseconds of the server's processor time for one delivery.</param>
internal sealed record SteadyRate(Percentiles Latency, double Cost, long Wrong);

/// <summary>From the moment an event is due to the moment its user has it, at 5,000 events a second over a thousand users.</summary>
internal static class Steady
{
    private const int PerSecond = 5_000;

    public static async Task<SteadyRate> RunAsync(Peer peer, PeerCache cache, Settings settings)
    {
        await using var server = await peer.Start(cache);
        using var crowd = new Crowd(server, peer.Dialect(), Settings.Subscribers, Settings.MessageBytes);
        crowd.Loop.Spins = true;
        crowd.Open(Settings.Subscribers, static number => number);
        crowd.Loop.RunFor(settings.WarmUp, new Pace(crowd, PerSecond, static n => (int)(n % Settings.Subscribers)).Publish);

        var latencies = new Latencies();
        crowd.OnArrived = (_, made) => latencies.Add(Stamp.Age(made));
        var (cpu, before) = (server.ProcessorSeconds(), crowd.Delivered);
        crowd.Loop.RunFor(settings.Steady, new Pace(crowd, PerSecond, static n => (int)(n % Settings.Subscribers)).Publish);
        crowd.Loop.RunUntil(() => crowd.Delivered + crowd.Missed >= crowd.Published, TimeSpan.FromSeconds(10));
        var cost = (server.ProcessorSeconds() - cpu) * 1e6 / (crowd.Delivered - before);
        return new SteadyRate(latencies.Read(), cost, crowd.Published - crowd.Delivered + crowd.Repeated);
    }
}
