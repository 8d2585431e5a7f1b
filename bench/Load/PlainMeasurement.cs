using System.Diagnostics;

namespace Apex.Bench.Load;

/// <summary>The floor: bare Kestrel and System.Net.WebSockets, nothing stored, in the same session.</summary>
internal static class PlainMeasurement
{
    private const int Users = 100;

    public static async Task RunAsync()
    {
        await using var server = await ServerProcess.StartPlainAsync();
        await EchoAsync(server, 1, 500);
        foreach (var (count, rounds) in new[] { (1, 500), (Users, 20) })
            Console.WriteLine($"plain Kestrel {count,3} users at once  echo  {await EchoAsync(server, count, rounds)}");

        await using var crowd = new Crowd(
            await Task.WhenAll(Enumerable.Range(0, Users).Select(number => User.ConnectPlainAsync(server, number))));
        var more = $"&users={Users}";
        await server.PublishAsync("", 1_000, 0, seconds: 3, more);
        foreach (var rate in new[] { 1_000, 5_000 })
        {
            var latencies = crowd.Measure();
            var done = await server.PublishAsync("", rate, 0, seconds: 10, more);
            await crowd.ExpectAsync(done.Published);
            Console.WriteLine($"plain Kestrel {rate,6} events/s over {Users} users  send → socket  {latencies}");
        }

        var fastest = crowd.Measure();
        var most = await server.PublishAsync("", 0, Users, seconds: 8, more);
        await crowd.ExpectAsync(most.Published);
        Console.WriteLine($"plain Kestrel {most.PerSecond,6:0} events/s sustained, {Users} sends at once, all delivered  {fastest}");
    }

    private static async Task<Latencies> EchoAsync(ServerProcess server, int count, int rounds)
    {
        var users = await Task.WhenAll(Enumerable.Range(0, count).Select(number => User.ConnectPlainAsync(server, 1_000 + number)));
        var latencies = new Latencies();
        var message = new byte[150];
        message.AsSpan().Fill((byte)'x');
        for (var round = 0; round < rounds; round++)
        {
            await Task.WhenAll(users.Select(user => Task.Run(async () =>
            {
                var began = Stopwatch.GetTimestamp();
                await user.SendAsync(message);
                await user.ReceiveAsync();
                latencies.Add(Stopwatch.GetElapsedTime(began));
            })));
        }

        foreach (var user in users)
            await user.DisposeAsync();
        return latencies;
    }
}
