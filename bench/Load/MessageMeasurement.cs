using System.Diagnostics;
using System.Text;
using Apex.Protocol.Frames;
using Apex.Storage;

namespace Apex.Bench.Load;

/// <summary>A message on its way in: until it is accepted (stored), until its run has started, as seen by its sender.</summary>
internal static class MessageMeasurement
{
    public static async Task RunAsync()
    {
        foreach (var durability in new[] { Durability.PowerLoss, Durability.ProcessDeath })
        {
            await using var server = await ServerProcess.StartApexAsync(durability);
            foreach (var (count, rounds) in new[] { (1, 100), (100, 5) })
            {
                var users = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => User.ConnectAsync(server)));
                await RoundAsync(users, new Latencies(), new Latencies());
                var (accepted, started) = (new Latencies(), new Latencies());
                var cpu = server.ProcessorTime();
                for (var round = 0; round < rounds; round++)
                    await RoundAsync(users, accepted, started);
                var each = (server.ProcessorTime() - cpu).TotalMilliseconds / (rounds * count);
                Console.WriteLine($"{durability,-13} {count,3} users at once  message → accepted  {accepted}");
                Console.WriteLine($"{durability,-13} {count,3} users at once  message → started   {started}");
                Console.WriteLine($"{durability,-13} {count,3} users at once  {each:0.0} ms of processor time for a whole run, its message included");
                foreach (var user in users)
                    await user.DisposeAsync();
            }
        }
    }

    private static Task RoundAsync(User[] users, Latencies accepted, Latencies started) =>
        Task.WhenAll(users.Select(user => Task.Run(() => AskAsync(user, accepted, started))));

    private static async Task AskAsync(User user, Latencies accepted, Latencies started)
    {
        var began = Stopwatch.GetTimestamp();
        await user.SendAsync(new UserMessage(
            new UserMessagePayload { Content = "What are we spending, and is anything wrong with it?" }, $"m-{Guid.NewGuid():N}"));
        var seen = 0;
        while (seen < 3)
        {
            var frame = await user.ReceiveAsync();
            if (User.Is(frame, "message_accepted"))
                accepted.Add(Stopwatch.GetElapsedTime(began));
            else if (User.Is(frame, "agent_started"))
                started.Add(Stopwatch.GetElapsedTime(began));
            else if (User.Is(frame, "error") || frame.IsEmpty)
                throw new InvalidOperationException(Encoding.UTF8.GetString(frame.Span));
            else if (!User.Is(frame, "agent_completed") && !User.Is(frame, "run_failed"))
                continue;
            seen++;
        }
    }
}
