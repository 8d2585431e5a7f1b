using System.Globalization;
using Apex.Storage;

namespace Apex.Bench.Load;

/// <summary>
/// What readers that do not read cost the others: 500 users at a steady rate, while 200 more are given far more than a socket holds. First
/// those 200 read, then they do not; the work for the server is the same.
/// </summary>
internal static class StuckMeasurement
{
    private const int Healthy = 500;
    private const int Others = 200;
    private const int HealthyRate = 1_000;
    private const int OthersRate = 10_000;
    private const int Seconds = 15;

    public static async Task RunAsync()
    {
        foreach (var reads in new[] { true, false })
        {
            await using var server = await ServerProcess.StartApexAsync(Durability.ProcessDeath);
            await using var healthy = new Crowd(await ConnectAsync(server, Healthy, reads: true));
            var others = await ConnectAsync(server, Others, reads);
            await using var reading = reads ? new Crowd(others) : null;
            var ids = string.Join('\n', others.Select(static user => user.Id));
            await server.PublishAsync(healthy.Ids, HealthyRate, 0, seconds: 3);

            var before = server.ResidentMebibytes();
            var latencies = healthy.Measure();
            var flood = server.PublishAsync(ids, OthersRate, 0, Seconds);
            var done = await server.PublishAsync(healthy.Ids, HealthyRate, 0, Seconds);
            await healthy.ExpectAsync(done.Published);
            var flooded = await flood;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Healthy} users at {HealthyRate} events/s beside {Others} that {(reads ? "read" : "do not read")} {flooded.Published} events  append → socket  {latencies}  resident {before:0} → {server.ResidentMebibytes():0} MiB"));
            if (reading is null)
            {
                foreach (var user in others)
                    await user.DisposeAsync();
            }
        }
    }

    private static async Task<User[]> ConnectAsync(ServerProcess server, int count, bool reads)
    {
        var users = new User[count];
        for (var i = 0; i < count; i++)
            users[i] = await User.ConnectAsync(server, smallBuffer: !reads);
        return users;
    }
}
