using System.Diagnostics;
using Apex.Bench.Peers.Servers;

namespace Apex.Bench.Peers.Measurements;

/// <param name="Alone">Latency of the healthy while everybody reads.</param>
/// <param name="Beside">Latency of the healthy while two do not.</param>
/// <param name="Mebibytes">The most by which the server's memory grew meanwhile.</param>
/// <param name="HealthyMissed">Messages that the healthy never got.</param>
/// <param name="StuckGot">Share of all messages that the two had in the end, after they read again or came back.</param>
/// <param name="EndCode">How the server ended the connections of the two; −1 when it did not.</param>
internal sealed record StuckCost(
    Percentiles Alone, Percentiles Beside, double Mebibytes, long HealthyMissed, double StuckGot, int EndCode);

/// <summary>Fifty connections on one stream of 2 KB messages, two thousand a second; two of them stop reading.</summary>
internal static class Stuck
{
    private const int Everybody = 50;
    private const int StuckOnes = 2;
    private const int PerSecond = 2_000;
    private const int Bytes = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<StuckCost> RunAsync(Peer peer, PeerCache cache, Settings settings)
    {
        await using var server = await peer.Start(cache);
        var dialect = peer.Dialect();
        using var crowd = new Crowd(server, dialect, streams: 1, Bytes);
        crowd.Loop.Spins = true;
        crowd.Open(Everybody - StuckOnes, static _ => 0);
        var healthy = crowd.Subscribers.ToArray();
        crowd.OpenWithSmallBuffers(StuckOnes, stream: 0);
        var stuck = crowd.Subscribers.Skip(healthy.Length).ToArray();

        Flood(crowd, healthy, settings.WarmUp);
        var alone = Flood(crowd, healthy, settings.Stuck / 2);
        var before = server.ResidentKibibytes();
        foreach (var one in stuck)
            crowd.Loop.Abandon(one.Socket!); // it is open

        var (most, sampled) = (before, Stopwatch.GetTimestamp());
        var beside = Flood(crowd, healthy, settings.Stuck, () =>
        {
            if (Stopwatch.GetElapsedTime(sampled) < TimeSpan.FromMilliseconds(200))
                return;
            sampled = Stopwatch.GetTimestamp();
            most = Math.Max(most, server.ResidentKibibytes());
        });
        var missed = healthy.Sum(one => crowd.PublishedOn(0) - one.Delivered);
        var endCode = ReadAgain(crowd, stuck, dialect.Recovers);
        return new StuckCost(
            alone, beside, (most - before) / 1024, missed,
            stuck.Average(static one => one.Delivered) / crowd.PublishedOn(0), endCode);
    }

    private static Percentiles Flood(Crowd crowd, Subscriber[] healthy, TimeSpan time, Action? turn = null)
    {
        var latencies = new Latencies();
        crowd.OnArrived = (subscriber, made) =>
        {
            if (subscriber.Number < healthy.Length)
                latencies.Add(Stamp.Age(made));
        };
        var pace = new Pace(crowd, PerSecond, static _ => 0);
        crowd.Loop.RunFor(time, () =>
        {
            pace.Publish();
            turn?.Invoke();
        });
        crowd.Loop.RunUntil(() => healthy.All(one => one.Last == crowd.PublishedOn(0)), Patience, turn);
        return latencies.Read();
    }

    /// <summary>The two read what the server still has for them; cut off, they come back as their dialect lets them.</summary>
    private static int ReadAgain(Crowd crowd, Subscriber[] stuck, bool recovers)
    {
        var endCode = -1;
        foreach (var one in stuck)
        {
            crowd.Loop.Add(one.Socket!); // nobody has closed it on this side
            var (last, since) = (one.Last, Stopwatch.GetTimestamp());
            crowd.Loop.RunUntil(
                () =>
                {
                    if (one.Last != last)
                        (last, since) = (one.Last, Stopwatch.GetTimestamp());
                    return one.IsEnded || one.Last == crowd.PublishedOn(0) || Stopwatch.GetElapsedTime(since).TotalSeconds > 2;
                },
                Patience);
            if (!one.IsEnded)
                continue;
            endCode = one.EndCode;
            if (!recovers)
                continue;
            crowd.Connect(one, again: true);
            crowd.Loop.RunUntil(() => one.IsEnded || one.Last == crowd.PublishedOn(0), TimeSpan.FromSeconds(5));
        }

        return endCode;
    }
}
