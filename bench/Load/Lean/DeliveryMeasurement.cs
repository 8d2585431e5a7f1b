using System.Diagnostics;
using Apex.Storage;

namespace Apex.Bench.Load.Lean;

/// <summary>
/// Deliveries per second of the server's processor time: one event to 1,000 sockets with 64 events under way, and 1,000 users with a stream
/// and a socket each. Under way means: published, and not yet read by everybody it is for.
/// </summary>
internal static class DeliveryMeasurement
{
    private const int Sockets = 1_000;
    private const int Window = 64;
    private const int Rounds = 5;
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    public static async Task RunAsync()
    {
        foreach (var (name, durability, stored) in new[]
        {
            ("from the hot window (text deltas)", Durability.ProcessDeath, false),
            ("stored, process-safe", Durability.ProcessDeath, true),
            ("stored, power-safe", Durability.PowerLoss, true),
        })
        {
            await using (var server = await Pinned.StartAsync(durability))
                await FanOutAsync(server, name, stored);
            await using (var server = await Pinned.StartAsync(durability))
                await OwnStreamsAsync(server, name, stored);
        }
    }

    private static async Task FanOutAsync(ServerProcess server, string name, bool stored)
    {
        var credits = new Credits();
        var arrived = new int[Window];
        var tokens = await Pinned.MakeUsersAsync(server, 1);
        var sockets = await Pinned.OpenAsync(server, tokens, Sockets, null, CountAll, 32 * 1024);
        await MeasureAsync(server, $"one event to {Sockets} sockets, {Window} under way, {name}", stored, credits, sockets, Enumerable.Repeat(0, Window));

        void CountAll(LeanSocket socket, int events)
        {
            // The n-th event of a socket is the same event for all of them, and no two events under way share a place.
            for (var n = socket.Events - events; n < socket.Events; n++)
            {
                if (Interlocked.Increment(ref arrived[n % Window]) < Sockets)
                    continue;
                arrived[n % Window] = 0;
                credits.Give(0);
            }
        }
    }

    private static async Task OwnStreamsAsync(ServerProcess server, string name, bool stored)
    {
        var credits = new Credits();
        var tokens = await Pinned.MakeUsersAsync(server, Sockets);
        var sockets = await Pinned.OpenAsync(server, tokens, Sockets, null, Give, 16 * 1024);
        await MeasureAsync(server, $"own streams of {Sockets} users, one event under way each, {name}", stored, credits, sockets, Enumerable.Range(0, Sockets));

        void Give(LeanSocket socket, int events)
        {
            for (var i = 0; i < events; i++)
                credits.Give(socket.Number);
        }
    }

    private static async Task MeasureAsync(
        ServerProcess server, string name, bool stored, Credits credits, LeanSocket[] sockets, IEnumerable<int> first)
    {
        var publishing = server.Http.PostAsync($"/bench/credits?stored={stored}", credits);
        foreach (var user in first)
            credits.Give(user);
        await Task.Delay(WarmUp);
        var (perCpuSecond, perSecond) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var (count, cpu, began) = (Count(sockets), server.ProcessorTime(), Stopwatch.GetTimestamp());
            await Task.Delay(RoundTime);
            var delivered = Count(sockets) - count;
            perCpuSecond.Add(delivered / (server.ProcessorTime() - cpu).TotalSeconds);
            perSecond.Add(delivered / Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        Console.WriteLine(
            $"{name}  {Pinned.Show(Pinned.Median(perCpuSecond) / 1000, "0.0")} K deliveries per server CPU-second "
            + $"({Pinned.Show(perCpuSecond.Min() / 1000, "0.0")} to {Pinned.Show(perCpuSecond.Max() / 1000, "0.0")}), "
            + $"{Pinned.Show(Pinned.Median(perSecond) / 1000, "0.0")} K a second  resident {server.ResidentMebibytes():0} MiB");
        foreach (var socket in sockets)
            socket.Dispose();
        credits.End();
        (await publishing).Dispose();
    }

    private static long Count(LeanSocket[] sockets) => sockets.Sum(static socket => socket.Events);
}
