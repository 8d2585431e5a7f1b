using System.Diagnostics;
using Apex.Storage;

namespace Apex.Bench.Load.Lean;

/// <summary>What a connection costs: memory while nothing happens, processor time to open one, and time to catch up.</summary>
internal static class ConnectionMeasurement
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    /// <summary>Resident memory per idle connection, and the share of a core that all of them take.</summary>
    public static async Task IdleAsync()
    {
        foreach (var count in new[] { 1_000, 5_000, 10_000 })
        {
            await using var server = await Pinned.StartAsync(Durability.PowerLoss);
            var tokens = await Pinned.MakeUsersAsync(server, 1_000);
            // What is compiled and reserved with the first connections is no cost of each.
            Close(await Pinned.OpenAsync(server, tokens, 100, null, Ignore, 2 * 1024));
            await Task.Delay(Settling);
            var untouched = server.ResidentMebibytes();
            await server.CollectAsync();
            var empty = server.ResidentMebibytes();

            var sockets = await Pinned.OpenAsync(server, tokens, count, null, Ignore, 2 * 1024);
            await Task.Delay(Settling);
            var cpu = server.ProcessorTime();
            await Task.Delay(TimeSpan.FromSeconds(10));
            var share = (server.ProcessorTime() - cpu).TotalMilliseconds / 100;
            var left = server.ResidentMebibytes();
            await server.CollectAsync();
            var full = server.ResidentMebibytes();
            Console.WriteLine(
                $"{count} idle connections of 1000 users  {Pinned.Show((left - untouched) * 1024 / count, "0.0")} KiB each as they are, "
                + $"{Pinned.Show((full - empty) * 1024 / count, "0.0")} after a full collection; {left:0} MiB resident; "
                + $"{Pinned.Show(share, "0.00")} % of a core");
            Close(sockets);
        }
    }

    /// <summary>Processor time of connect, verify and resume.</summary>
    public static async Task OpenAsync()
    {
        const int Count = 2_000;
        await using var server = await Pinned.StartAsync(Durability.PowerLoss);
        var tokens = await Pinned.MakeUsersAsync(server, 1_000);
        // What is compiled anew while it is young is no cost of each.
        for (var warm = 0; warm < 5; warm++)
        {
            Close(await Pinned.OpenAsync(server, tokens, Count, null, Ignore, 2 * 1024));
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        var each = new List<double>();
        for (var round = 0; round < 7; round++)
        {
            await Task.Delay(TimeSpan.FromSeconds(2));
            var (cpu, began) = (server.ProcessorTime(), Stopwatch.GetTimestamp());
            var sockets = await Pinned.OpenAsync(server, tokens, Count, null, Ignore, 2 * 1024);
            each.Add((server.ProcessorTime() - cpu).TotalMicroseconds / Count);
            Console.WriteLine(
                $"{Count} sockets opened in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s: connect, verify and resume {each[^1]:0} µs of processor time each");
            Close(sockets);
        }

        Console.WriteLine($"connect, verify and resume: median {Pinned.Median(each):0} µs of processor time");
    }

    /// <summary>1,000 users who missed 100 events each and come back in the same instant.</summary>
    public static async Task CatchUpAsync()
    {
        const int Users = 1_000, Missed = 100;
        await using var server = await Pinned.StartAsync(Durability.ProcessDeath);
        var tokens = await Pinned.MakeUsersAsync(server, Users);
        Close(await Pinned.OpenAsync(server, tokens, Users, 0, Ignore, 2 * 1024));
        var credits = new Credits();
        var publishing = server.Http.PostAsync("/bench/credits?stored=true", credits);
        for (var i = 0; i < Users * Missed; i++)
            credits.Give(i % Users);
        credits.End();
        (await publishing).Dispose();

        for (var round = 0; round < 7; round++)
        {
            await Task.Delay(TimeSpan.FromSeconds(2));
            var (cpu, began) = (server.ProcessorTime(), Stopwatch.GetTimestamp());
            var sockets = await Pinned.OpenAsync(server, tokens, Users, 0, Ignore, 32 * 1024, atOnce: Users);
            var took = Stopwatch.GetElapsedTime(began);
            var events = sockets.Sum(static socket => socket.Events);
            if (events != Users * Missed)
                throw new InvalidOperationException($"{events} events arrived instead of {Users * Missed}.");
            Console.WriteLine(
                $"{Users} users connect and catch up on {Missed} events each: {Pinned.Show(took.TotalMilliseconds, "0")} ms, "
                + $"{Pinned.Show((server.ProcessorTime() - cpu).TotalMilliseconds, "0")} ms of processor time");
            Close(sockets);
        }
    }

    private static void Ignore(LeanSocket socket, int events)
    {
        // Only opened, or only caught up: nothing is counted.
    }

    private static void Close(LeanSocket[] sockets)
    {
        foreach (var socket in sockets)
            socket.Dispose();
    }
}
