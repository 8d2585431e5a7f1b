using System.Diagnostics;
using Apex.Bench.Peers.Servers;

namespace Apex.Bench.Peers.Measurements;

/// <param name="Costs">Of each run: deliveries per second of the server's processor time, in thousands.</param>
/// <param name="Rates">Of each run: deliveries a second as they came, in thousands; the load client or the disk may be what limits them.</param>
/// <param name="Bytes">What a subscriber reads for one message, frame and envelope included.</param>
/// <param name="Wrong">Messages that were passed over, or came again.</param>
/// <param name="Others">Parts of a core that other programs took; the most of any run.</param>
internal sealed record Rate(IReadOnlyList<double> Costs, IReadOnlyList<double> Rates, double Bytes, long Wrong, double Others)
{
    /// <summary>Together with the runs of an earlier visit.</summary>
    public Rate After(Rate? earlier) => earlier is null
        ? this
        : new Rate(
            [.. earlier.Costs, .. Costs], [.. earlier.Rates, .. Rates], Bytes, earlier.Wrong + Wrong, Math.Max(earlier.Others, Others));
}

/// <summary>As much as goes through, and what it costs the server.</summary>
internal static class Throughput
{
    private const int InFlight = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>One event to a thousand connections, 64 events on the way: several may be written to a socket at once.</summary>
    public static async Task<Rate> FanOutAsync(Peer peer, PeerCache cache, Settings settings, int runs)
    {
        await using var server = await peer.Start(cache);
        using var crowd = new Crowd(server, peer.Dialect(), streams: 1, Settings.MessageBytes);
        crowd.Open(Settings.Subscribers, static _ => 0);
        return Measure(crowd, server, settings, runs, perMessage: Settings.Subscribers, () =>
        {
            while (crowd.Published - crowd.Delivered / Settings.Subscribers < InFlight)
                crowd.Publish(0);
        });
    }

    /// <summary>
    /// A thousand users with a stream each. The next event of a user is published when the last has come, so each is a write of its own
    /// and none waits for another of the same socket.
    /// </summary>
    public static async Task<Rate> StreamsAsync(Peer peer, PeerCache cache, Settings settings, int runs)
    {
        await using var server = await peer.Start(cache);
        using var crowd = new Crowd(server, peer.Dialect(), Settings.Subscribers, Settings.MessageBytes);
        crowd.Open(Settings.Subscribers, static number => number);
        var due = Enumerable.Range(0, Settings.Subscribers).ToList();
        crowd.OnArrived = (subscriber, _) => due.Add(subscriber.Stream);
        return Measure(crowd, server, settings, runs, perMessage: 1, () =>
        {
            foreach (var stream in due)
                crowd.Publish(stream);
            due.Clear();
        });
    }

    private static Rate Measure(Crowd crowd, RunningServer server, Settings settings, int runs, int perMessage, Action publish)
    {
        crowd.Loop.RunFor(settings.WarmUp, publish);
        Drain(crowd, perMessage);
        var (costs, rates, others) = (new List<double>(), new List<double>(), 0.0);
        var (bytes, all) = (crowd.BytesRead, crowd.Delivered);
        for (var run = 0; run < runs; run++)
        {
            var load = new MachineLoad(server);
            var (cpu, delivered, began) = (server.ProcessorSeconds(), crowd.Delivered, Stopwatch.GetTimestamp());
            crowd.Loop.RunFor(settings.Run, publish);
            Drain(crowd, perMessage);
            var count = (crowd.Delivered - delivered) / 1000.0;
            costs.Add(count / (server.ProcessorSeconds() - cpu));
            rates.Add(count / Stopwatch.GetElapsedTime(began).TotalSeconds);
            others = Math.Max(others, load.OthersShare());
        }

        return new Rate(
            costs, rates, (crowd.BytesRead - bytes) / (double)(crowd.Delivered - all),
            crowd.Missed + crowd.Repeated, others);
    }

    private static void Drain(Crowd crowd, int perMessage)
    {
        if (!crowd.Loop.RunUntil(() => crowd.Delivered + crowd.Missed >= crowd.Published * perMessage, Patience))
        {
            throw new TimeoutException(
                $"Of {crowd.Published * perMessage} deliveries {crowd.Delivered} came, and no more within {Patience.TotalSeconds:0} s.");
        }
    }
}
