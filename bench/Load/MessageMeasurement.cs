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
            await MeasureAsync(server, $"{durability,-13} 1 user", users: 1, rounds: 200, TimeSpan.Zero);
            await MeasureAsync(server, $"{durability,-13} 100 users, each once in 2 s", users: 100, rounds: 5, TimeSpan.FromSeconds(2));
            await MeasureAsync(server, $"{durability,-13} 100 users in the same instant", users: 100, rounds: 5, TimeSpan.Zero);
        }
    }

    /// <param name="spread">Each user asks at a random moment of it; zero for all at the same.</param>
    private static async Task MeasureAsync(ServerProcess server, string name, int users, int rounds, TimeSpan spread)
    {
        var crowd = await Task.WhenAll(Enumerable.Range(0, users).Select(_ => User.ConnectAsync(server)));
        await RoundAsync(crowd, spread, new Latencies(), new Latencies());
        var (accepted, started) = (new Latencies(), new Latencies());
        var cpu = server.ProcessorTime();
        for (var round = 0; round < rounds; round++)
            await RoundAsync(crowd, spread, accepted, started);
        var each = (server.ProcessorTime() - cpu).TotalMilliseconds / (rounds * users);
        Console.WriteLine($"{name}  message → accepted  {accepted}");
        Console.WriteLine($"{name}  message → started   {started}");
        Console.WriteLine(FormattableString.Invariant($"{name}  {each:0.0} ms of processor time for a whole run, its message included"));
        foreach (var user in crowd)
            await user.DisposeAsync();
    }

    private static Task RoundAsync(User[] users, TimeSpan spread, Latencies accepted, Latencies started) =>
        Task.WhenAll(users.Select(user => Task.Run(async () =>
        {
            await Task.Delay(spread * Random.Shared.NextDouble());
            await AskAsync(user, accepted, started);
        })));

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
