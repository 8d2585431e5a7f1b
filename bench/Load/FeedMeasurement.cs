using Apex.Storage;

namespace Apex.Bench.Load;

/// <summary>From append to socket: latency at a steady rate, and the highest rate at which everything appended is delivered.</summary>
internal static class FeedMeasurement
{
    private const int Users = 100;

    public static async Task RunAsync()
    {
        foreach (var durability in new[] { Durability.PowerLoss, Durability.ProcessDeath })
        {
            await using var server = await ServerProcess.StartApexAsync(durability);
            await using var crowd = new Crowd(
                await Task.WhenAll(Enumerable.Range(0, Users).Select(_ => User.ConnectAsync(server))));
            await SteadyAsync(server, crowd, 1_000, seconds: 3);

            foreach (var rate in new[] { 1_000, 5_000 })
            {
                var latencies = await SteadyAsync(server, crowd, rate, seconds: 10);
                Console.WriteLine($"{durability,-13} {rate,6} events/s over {Users} users  append → socket  {latencies}");
            }

            foreach (var inFlight in new[] { 100, 1_000 })
            {
                var latencies = crowd.Measure();
                var done = await server.PublishAsync(crowd.Ids, 0, inFlight, seconds: 8);
                await crowd.ExpectAsync(done.Published);
                Console.WriteLine(
                    $"{durability,-13} {done.PerSecond,6:0} events/s sustained, {inFlight} appends at once, all delivered  {latencies}");
            }
        }
    }

    private static async Task<Latencies> SteadyAsync(ServerProcess server, Crowd crowd, int rate, int seconds)
    {
        var latencies = crowd.Measure();
        var done = await server.PublishAsync(crowd.Ids, rate, 0, seconds);
        await crowd.ExpectAsync(done.Published);
        return latencies;
    }
}
